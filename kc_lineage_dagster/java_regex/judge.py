"""Does the router make the output of every text of a form, of some, or of none?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from kc_lineage_dagster.java_regex.machine import Machine, Notes, Threads, letters
from kc_lineage_dagster.java_regex.nodes import RegexNode, Seq

Verdict: TypeAlias = Literal["own", "other", "no"]


@dataclass(slots=True)
class Judge:
    """Decides what a router makes of texts: knows its pattern, an output, and the group texts that make up the output.

    Args:
        root: From `without_possessives`; its first find is always the whole text.
        output: What the router shall make of the texts.
        splits: Every way in which the groups of the replacement can make up the output: group -> text.
    """

    root: RegexNode
    output: str
    splits: list[dict[int, str]]
    machine: Machine = field(init=False)
    start: Threads = field(init=False)
    wanted: frozenset[Notes] = field(init=False)

    def __post_init__(self) -> None:
        noted = tuple(sorted({index for texts in self.splits for index in texts}))
        counts = tuple(
            frozenset(texts[index][:end] for texts in self.splits for end in range(len(texts[index]) + 1))
            for index in noted
        )
        self.machine = Machine(noted, counts)
        self.wanted = frozenset(map(self.notes, self.splits))
        self.start = self.machine.start(self.root)

    def notes(self, texts: dict[int, str]) -> Notes:
        """Return what a thread has noted at the end when the groups captured ``texts``."""
        return tuple((texts[index], False) for index in self.machine.noted)

    def verdicts(self, form: Seq, own: set[Notes]) -> set[Verdict]:
        """Return what the router makes of the texts of the form: each of the answers that holds for some text.

        ``own``: the output, the groups having captured one of these.
        ``other``: the output in another way.
        ``no``: something else.

        Raises:
            NotTranslated: When there are too many cases to look at.
        """
        texts = Machine()
        first = (texts.start(form), self.start)
        steps = [(c, texts.reading(c), self.machine.reading(c)) for c in letters((texts, self.machine), self.output)]
        waiting, seen, found = [first], {first}, set[Verdict]()
        while waiting and not {"own", "no"} <= found:
            text, threads = waiting.pop()
            if texts.ended(text) is not None:
                notes = self.machine.ended(threads)
                found.add("own" if notes in own else "other" if notes in self.wanted else "no")
            for letter, by_text, by_machine in steps:
                moved = texts.step(text, letter, by_text)
                step = (moved, self.machine.step(threads, letter, by_machine)) if moved else first  # seen: a dead end
                if step not in seen:
                    seen.add(step)
                    waiting.append(step)
        return found
