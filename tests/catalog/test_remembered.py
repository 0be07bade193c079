"""Answers that outlive a run: nothing is asked twice while it is fresh, and nothing is lost when a server goes away."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from kc_lineage_dagster.catalog.holdings import Holdings, Platform, Schema, View
from kc_lineage_dagster.catalog.questions import Listening, Notebook, Questions
from kc_lineage_dagster.catalog.remembered import Remembering
from kc_lineage_dagster.lineage import Dataset

USERS = Schema(("id", "name"), view=False)
TOPIC = Schema(("after.id",), ("id",), ("srv.users.Value",))


@dataclass
class Texts:
    """A memory whose time is told."""

    clock: list[float]
    texts: dict[str, tuple[float, str]] = field(default_factory=dict)

    def recall(self, key: str) -> tuple[float, str] | None:
        return self.texts.get(key)

    def remember(self, key: str, text: str) -> None:
        self.texts[key] = (self.clock[0], text)


@dataclass
class Source:
    """A provider that writes down what it is asked."""

    asked: list[Questions] = field(default_factory=list)
    away: bool = False
    place: str = "somewhere"

    def answer(self, questions: Questions) -> Holdings:
        self.asked.append(questions)
        if self.away:
            return Holdings(notes=("it is away",))
        tables = {"s.users": USERS, "s.other": Schema()} if "postgres" in questions.platforms else {}
        tables |= {name: USERS for platform, name in questions.datasets if (platform, name) == ("postgres", "s.users")}
        topics = {name: TOPIC for _, name in questions.topics if name == "t"}
        found = {"postgres": Platform(tables), "kafka": Platform(topics)}
        listed = frozenset({"t"} if questions.list_topics else ())
        return Holdings({name: one for name, one in found.items() if one.names}, listed)


ALL = Questions(
    frozenset({"postgres"}), frozenset({("postgres", "s.no"), ("kafka", "t")}), frozenset({("c", "t")}), True
)


@pytest.fixture
def clock() -> list[float]:
    return [1000.0]


def check(found: Holdings) -> None:
    view = found.seen_from("c", lambda *_: None)
    assert view.datasets("postgres") == ("s.other", "s.users")
    assert view.fields(Dataset("postgres", "s.users")) == ("id", "name")
    assert view.is_view(Dataset("postgres", "s.users")) is False
    assert view.value_names("t") == ("srv.users.Value",)
    assert view.key_fields(Dataset("kafka", "t")) == ("id",)
    assert view.topics() == ("t",)


def test_what_is_fresh_is_not_asked_again(clock):
    """Also that a dataset is not known is remembered; what is new is asked for."""
    memory, source = Texts(clock), Source()
    check(Remembering(source, memory, 600, lambda: clock[0]).answer(ALL))
    clock[0] += 500
    check(Remembering(source, memory, 600, lambda: clock[0]).answer(ALL))
    assert len(source.asked) == 1
    Remembering(source, memory, 600, lambda: clock[0]).answer(ALL.and_(Questions(platforms=frozenset({"mysql"}))))
    assert source.asked[1:] == [Questions(platforms=frozenset({"mysql"}))]


def test_what_is_old_is_asked_again(clock):
    """After its time an answer is asked for anew."""
    memory, source = Texts(clock), Source()
    for _ in range(2):
        check(Remembering(source, memory, 600, lambda: clock[0]).answer(ALL))
        clock[0] += 601
    assert source.asked == [ALL, ALL]


def test_a_server_that_went_away_is_remembered(clock):
    """Its last word counts, whatever its age, with the note; what it said is not overwritten."""
    memory, source = Texts(clock), Source()
    Remembering(source, memory, 600, lambda: clock[0]).answer(ALL)
    source.away = True
    for _ in range(3):
        clock[0] += 10_000
        found = Remembering(source, memory, 600, lambda: clock[0]).answer(ALL)
        check(found)
        assert found.notes == ("it is away",)


def test_the_oldest_answer_that_is_counted_on_is_known(clock):
    """Until it is old the same questions get the same answers; what could not be answered has no such time."""
    memory, source = Texts(clock), Source()

    def since(questions: Questions) -> float:
        asking = Remembering(source, memory, 600, lambda: clock[0])
        for _ in range(2):
            asking.answer(questions)
        return asking.since

    assert Remembering(source, memory, 600, lambda: clock[0]).since == float("inf")
    assert since(Questions(datasets=frozenset({("postgres", "s.users")}))) == 1000
    clock[0] += 100
    assert since(Questions(platforms=frozenset({"mysql"}))) == 1100  # the older answer is not among these
    assert since(ALL) == 1100
    clock[0] += 100
    assert since(Questions(datasets=frozenset({("postgres", "s.no"), ("postgres", "s.users")}))) == 1000
    assert since(Questions(datasets=frozenset({("mysql", "x")}))) == 1200
    assert since(Questions(list_topics=True)) == 1100
    source.away = True
    assert since(ALL) == 1100
    assert since(Questions(platforms=frozenset({"oracle"}))) == float("-inf")


@pytest.mark.parametrize("text", ["", "7", "[[]]", '[["a"]]', '{"a": 1}', "null", '[["postgres", "s.users", "x", 5]]'])
def test_a_memory_that_is_spoilt_is_none(clock, text):
    """Texts that nobody wrote are no answers and no failures."""
    memory, source = Texts(clock), Source()
    for key in ("platform postgres", "single datasets", "topics that Kafka lists"):
        memory.texts[key] = (clock[0] - 601, text)
    check(Remembering(source, memory, 600, lambda: clock[0]).answer(ALL))


def test_names_of_records_are_remembered_where_topics_have_an_instance(clock):
    """A topic is asked for by Kafka's name, and known under the one of its URN."""

    @dataclass
    class Registry(Source):
        def answer(self, questions: Questions) -> Holdings:
            self.asked.append(questions)
            return Holdings({"kafka": Platform({f"east.{name}": TOPIC for _, name in questions.topics})})

    notebook = Notebook()
    Listening(Holdings(), "c", lambda *_: "east", notebook).value_names("t")
    source, memory = Registry(), Texts(clock)
    for _ in range(2):
        found = Remembering(source, memory, 600, lambda: clock[0]).answer(notebook.questions())
        assert View(found, "c", lambda *_: "east").value_names("t") == ("srv.users.Value",)
    assert len(source.asked) == 1
