"""Descriptions of flows and jobs: one sentence for people who look at them in DataHub.

DataHub shows descriptions as Markdown, so names stand in backticks: ``raw_*`` would be italics otherwise. A sentence
depends on the lineage alone, not on states or times, so the aspect with the sentence is sent again only when lineage
changed. Its length is bounded whatever the names are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from kc_lineage_dagster.lineage import KAFKA, ConnectorLineage, Dataset
from kc_lineage_dagster.wording import counted, enumerated, printable

_NAMED = 3  # datasets of one platform that are named one by one; of more, their number and common beginning are told
_PLATFORMS = 3  # groups of datasets that one side of a sentence tells of
_NAME_LIMIT = 120  # characters of one name
_WHOLE_PARTS = re.compile(r".*[^\w]|.*_", re.DOTALL)  # the beginning of a name, up to a separator


def flow_sentence(lineage: ConnectorLineage) -> str:
    """Return a sentence on what a connector copies from where to where, and with which class.

    >>> from kc_lineage_dagster.lineage import Edge
    >>> edge = Edge(Dataset("postgres", "shop.public.users"), Dataset("kafka", "users"))
    >>> flow_sentence(ConnectorLineage("crm", "source", "JdbcSource", "jdbc", (edge,)))
    'Copies dataset `postgres:shop.public.users` to topic `users`, by `JdbcSource`.'
    """
    by = f", by {_code(lineage.connector_class)}" if lineage.connector_class else ""
    upstreams = {edge.upstream for edge in lineage.edges if edge.upstream}
    downstreams = {edge.downstream for edge in lineage.edges if edge.upstream}
    if upstreams:
        return f"Copies {_groups(upstreams)} to {_groups(downstreams)}{by}."
    topics = {Dataset(KAFKA, item.topic) for item in lineage.unresolved if item.topic}
    if lineage.kind == "sink" and topics:
        return f"Reads {_groups(topics)}; where they go is unresolved{by}."
    written = topics | {edge.downstream for edge in lineage.edges}
    if written:
        return f"Writes {_groups(written)}; no source dataset is known{by}."
    kind = "Connector" if lineage.kind == "unknown" else f"{lineage.kind.capitalize()} connector"
    return f"{kind} whose sources and targets are not known{by}."


def job_sentence(upstream: Dataset | None, downstreams: Iterable[Dataset]) -> str:
    """Return a sentence on where the records of one dataset go.

    ``upstream``: None where no dataset is known. ``downstreams``: empty where the target is unresolved.

    >>> job_sentence(Dataset("kafka", "users"), [])
    'Records of `kafka:users` are read; where they go is unresolved.'
    """
    targets = set(downstreams)
    whose = f"Records of {_code(str(upstream))}" if upstream else "Records of no known dataset"
    if not targets:
        return f"{whose} are read; where they go is unresolved."
    one = f" {_code(str(next(iter(targets))))}" if len(targets) == 1 else f" {_groups(targets)}"
    return f"{whose} go to{one}."


def _groups(datasets: Iterable[Dataset]) -> str:
    """Return the datasets in words: by platform, how many there are and their names, or their common beginning."""
    groups: dict[tuple[str, str], set[str]] = {}
    for dataset in datasets:
        groups.setdefault((dataset.platform, dataset.instance or ""), set()).add(dataset.name)
    shown = [_group(platform, instance, names) for (platform, instance), names in sorted(groups.items())]
    return enumerated(shown, _PLATFORMS, "more platform")


def _group(platform: str, instance: str, names: set[str]) -> str:
    noun = "topic" if platform == KAFKA else "dataset"
    if len(names) == 1:
        one = Dataset(platform, min(names), instance or None)
        return f"{noun} {_code(one.name if platform == KAFKA and not instance else str(one))}"
    whose = "" if platform == KAFKA and not instance else f" of {_code(':'.join(filter(None, (platform, instance))))}"
    stem = _WHOLE_PARTS.match(_common_beginning(min(names), max(names))) if len(names) > _NAMED else None
    named = _code(stem.group() + "*") if stem else enumerated([_code(name) for name in sorted(names)], _NAMED)
    return f"{counted(len(names), noun)}{whose} ({named})"


def _common_beginning(first: str, last: str) -> str:
    """Return the common beginning of two names, which every name that sorts between them has too."""
    differ = (at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return first[: next(differ, len(first))]


def _code(name: str) -> str:
    """Return a name as Markdown shows it unchanged: in backticks, on one line, cut in its middle when it is long."""
    if len(name) > _NAME_LIMIT:
        half = _NAME_LIMIT // 2
        name = f"{name[: half - 1]}…{name[-half:]}"
    return f"`{printable(name).replace('`', chr(39))}`"
