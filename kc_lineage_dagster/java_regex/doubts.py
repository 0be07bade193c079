"""Groups whose captured text depends on how Java's matcher abandons an attempt.

java.util.regex leaves a group set when a lookaround, atomic or possessive part that captured it succeeded but the match
went another way afterwards; and repetitions of what may be empty end one round earlier or later than elsewhere.
Whether a text matches is certain all the same.
"""

from __future__ import annotations

from kc_lineage_dagster.java_regex.nodes import (
    Anchor,
    Atomic,
    BackRef,
    Group,
    Look,
    NotTranslated,
    RegexNode,
    Repeat,
    group_indexes,
    nullable,
    walk,
)


def doubtful_groups(root: RegexNode) -> frozenset[int]:
    """Return the numbers of the groups that Java may report from an abandoned attempt.

    >>> from kc_lineage_dagster.java_regex.java_parser import parse_java
    >>> doubtful_groups(parse_java("(?=(a))(b)", ignore_case=False).root)
    frozenset({1})
    """
    return frozenset(index for node in walk(root) if _keeps_groups(node) for index in group_indexes(node))


def _keeps_groups(node: RegexNode) -> bool:
    if isinstance(node, Repeat):
        return node.mode == "possessive" or (node.high != 1 and nullable(node.body))
    return isinstance(node, (Atomic, Look))


def refuse_doubtful(root: RegexNode, doubtful: frozenset[int]) -> None:
    """Refuse a pattern where such details decide what it matches.

    Java leaves a repetition at the first round that matched nothing, even before the rounds it must have.

    Raises:
        NotTranslated: When they do.

    >>> from kc_lineage_dagster.java_regex.java_parser import parse_java
    >>> refuse_doubtful(parse_java("(?>(a))\\\\1", ignore_case=False).root, frozenset({1}))
    Traceback (most recent call last):
    ...
    kc_lineage_dagster.java_regex.nodes.NotTranslated: a back reference to group 1 inside a lookaround or atomic part
    """
    for node in walk(root):
        if isinstance(node, Repeat) and _ends_early(node):
            raise NotTranslated("a repeated group that may match nothing")
        if isinstance(node, BackRef) and node.index in doubtful:
            raise NotTranslated(f"a back reference to group {node.index} inside a lookaround or atomic part")


def _ends_early(node: Repeat) -> bool:
    if node.high == 1 or not nullable(node.body) or not isinstance(node.body, Group):
        return False
    placed = any(isinstance(n, (Anchor, Look)) for n in walk(node.body))
    return placed or node.low > 1 or node.mode != "greedy"
