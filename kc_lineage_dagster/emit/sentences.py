"""What a connector and each of its jobs does, in a sentence for whoever reads it in DataHub.

DataHub shows descriptions as Markdown, so names stand in backticks: ``raw_*`` would be italics otherwise. A sentence
depends on the lineage alone, not on states or times: the aspect it stands in is sent again only when lineage changed.
Its length is bounded whatever the names are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from kc_lineage_dagster.lineage import KAFKA, ConnectorLineage, Dataset
from kc_lineage_dagster.wording import counted, printable

_NAMED = 3  # datasets of a platform that are named one by one
_PLATFORMS = 3  # groups that one side of a sentence tells of
_NAME_LIMIT = 120  # characters of one name
_WHOLE_PARTS = re.compile(r".*[^\w]|.*_", re.DOTALL)  # the beginning of a name, up to a separator


def flow_sentence(lineage: ConnectorLineage) -> str:
    """Say what the connector copies from where to where, and with which class."""
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
    """Say whose records go where; without ``downstreams`` the target is unresolved."""
    targets = set(downstreams)
    whose = f"Records of {_code(str(upstream))}" if upstream else "Records of no known dataset"
    if not targets:
        return f"{whose} are read; where they go is unresolved."
    one = f" {_code(str(next(iter(targets))))}" if len(targets) == 1 else f" {_groups(targets)}"
    return f"{whose} go to{one}."


def _groups(datasets: Iterable[Dataset]) -> str:
    """Return the datasets by platform, each group with its number and its names, or what its names begin with."""
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
    """Return what two names begin with, and with them every name that sorts between them."""
    differ = (at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return first[: next(differ, len(first))]


def enumerated(items: list[str], most: int, noun: str = "more") -> str:
    """Return ``a, b and c``; beyond ``most`` items the first ones and how many more there are."""
    left = len(items) - most
    if left > 0:
        items = [*items[:most], f"{left} {noun}" if noun == "more" else counted(left, noun)]
    return " and ".join(filter(None, (", ".join(items[:-1]), items[-1])))


def _code(name: str) -> str:
    """Return a name as Markdown shows it unchanged: in backticks, on one line, cut in its middle when it is long."""
    if len(name) > _NAME_LIMIT:
        half = _NAME_LIMIT // 2
        name = f"{name[: half - 1]}…{name[-half:]}"
    return f"`{printable(name).replace('`', chr(39))}`"
