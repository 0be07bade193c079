"""Salesforce Mirus copies topics of another Kafka cluster, each to ``<prefix><topic><suffix>``.

Keys ``destination.topic.name.*`` hold prefix and suffix; lists and patterns of topics choose. A cluster has no alias
here: in ``options.cluster_aliases`` its bootstrap servers stand for it. Where both ends share a bootstrap server they
are one cluster.

Source: https://github.com/salesforce/mirus
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first, items
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SourceFamily
from kc_lineage_dagster.derive.readers.mirrors import Mirror, mirrored
from kc_lineage_dagster.derive.readers.name_lists import name_list
from kc_lineage_dagster.java_regex import Refused
from kc_lineage_dagster.lineage import Unresolved

_SOURCE = "consumer.bootstrap.servers"
_TARGETS = ("destination.consumer.bootstrap.servers", "destination.bootstrap.servers")
_PREFIX, _SUFFIX = "destination.topic.name.prefix", "destination.topic.name.suffix"
_CHOICE = ("topics.whitelist", "topics.regex", "topics.regex.list")


def _reads(config: Config, evidence: Evidence) -> Iterator[Found]:
    source, target = first(config, _SOURCE), first(config, *_TARGETS)
    if source is None:
        yield Unresolved(_SOURCE, "has no value, and the source cluster has no other name")
        return
    prefix, suffix = config.get(_PREFIX, "").strip(), config.get(_SUFFIX, "").strip()
    named = items(config.get(_CHOICE[0]))
    patterns = name_list(
        (*items(config.get(_CHOICE[2])), *filter(None, (first(config, _CHOICE[1]),))), ignore_case=False
    )

    def selected(topic: str) -> bool | Refused:
        return topic in named or (patterns is not None and patterns.selects(topic))

    def backwards(copy: str) -> str | None:
        fits = copy.startswith(prefix) and copy.endswith(suffix) and len(copy) > len(prefix) + len(suffix)
        return copy[len(prefix) : len(copy) - len(suffix)] if fits else None

    mirror = Mirror(
        key=_SOURCE,
        source=source,
        target=target,
        what=", ".join(_CHOICE),
        named=named,
        selected=selected,
        forwards=lambda topic: prefix + topic + suffix,
        backwards=backwards,
        head=prefix,
        same=bool(set(items(source)) & set(items(target))),
    )
    yield from mirrored(mirror, evidence)


FAMILY = SourceFamily(
    name="mirus",
    classes=("com.salesforce.mirus.MirusSourceConnector",),
    platform="kafka",
    reads=_reads,
    rule="https://github.com/salesforce/mirus",
    naming=(_SOURCE, *_TARGETS, _PREFIX, _SUFFIX),
    selecting=_CHOICE,
    never_known="the source cluster, unless options.cluster_aliases has its bootstrap servers",
    spelled="topic",
)
