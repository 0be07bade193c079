"""Finds the topic prefix that the configuration holds as a reference only, in what else the cluster's answers tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from kc_lineage_dagster.derive.config import Config, replaced
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import SourceFamily
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.derive.source import source_lineage
from kc_lineage_dagster.derive.transforms.steps import Chain, run
from kc_lineage_dagster.lineage import Edge

# Keys whose value stands at the beginning of every topic that the connector itself names.
PREFIXES = frozenset({"topic.prefix", "database.server.name", "mongodb.name", "kafka.topic.prefix"})
# Debezium's offsets name their server, which is the prefix: AbstractPartition.getSourcePartition of its connectors
_SERVER = ("server", "server_id")
# Debezium's names of one key in its versions
RENAMED = ("topic.prefix", "database.server.name", "mongodb.name")
STAND_IN = "kc0prefix0stand0in"  # for a hidden value; no name holds it


def told_prefix(
    family: SourceFamily, config: Config, unnamed: Collection[str], chain: Chain, evidence: Evidence
) -> Config | None:
    """Return the configuration with its hidden prefix filled in; None where other keys are hidden or nothing tells the
    prefix.

    Committed offsets name it; else active topics do, where one prefix explains more of the tables that the
    configuration lists than any other.

    Args:
        family: Of the connector.
        config: The connector's configuration.
        unnamed: The keys whose values are references or placeholders.
        chain: The connector's transforms.
        evidence: What the cluster shows about the connector.
    """
    if not PREFIXES.issuperset(unnamed):
        return None
    servers = {str(one.partition[key]) for one in evidence.offsets for key in _SERVER if one.partition.get(key)}
    prefix = servers.pop() if len(servers) == 1 else _by_topics(family, config, unnamed, chain, evidence)
    return None if prefix is None else replaced(config, dict.fromkeys(unnamed, prefix))


def prefix_in_use(family: SourceFamily, config: Config, chain: Chain, evidence: Evidence) -> Config:
    """Return the configuration with that one of several prefixes which explains most active topics; the same where that
    does not decide.

    Debezium's version decides which key it reads, and transforms may take the prefix out of the topics' names.

    Args:
        family: Of the connector.
        config: The connector's configuration.
        chain: The connector's transforms.
        evidence: What the cluster shows about the connector.
    """
    keys = [key for key in RENAMED if key in family.naming and config.get(key, "").strip()] if chain else []
    prefixes = dict.fromkeys(config[key].strip() for key in keys)
    if len(prefixes) < 2 or not evidence.topics:
        return config
    filled = {prefix: replaced(config, dict.fromkeys(keys, prefix)) for prefix in prefixes}
    explained = Counter(
        prefix
        for prefix, one in filled.items()
        for item in source_lineage(family, one, chain, evidence)
        if isinstance(item, Edge)
    )
    best = explained.most_common(2)
    return filled[best[0][0]] if best and (len(best) == 1 or best[0][1] > best[1][1]) else config


def _by_topics(
    family: SourceFamily, config: Config, unnamed: Collection[str], chain: Chain, evidence: Evidence
) -> str | None:
    filled = replaced(config, dict.fromkeys(unnamed, STAND_IN))
    found = family.reads(filled, Evidence(offsets=evidence.offsets, task_configs=evidence.task_configs))
    topics = {topic for one in found if isinstance(one, Record) for topic in _topics(chain, one)}
    fitting = Counter(
        active[len(before) : len(active) - len(after)]
        for topic in topics
        for before, _, after in [topic.partition(STAND_IN)]
        for active in evidence.topics or ()
        if active.startswith(before) and active.endswith(after) and len(active) > len(before) + len(after)
    )
    best = fitting.most_common(2)
    return best[0][0] if best and (len(best) == 1 or best[0][1] > best[1][1]) else None


def _topics(chain: Chain, record: Record) -> Iterator[str]:
    """Yield the topics, after the transforms, in which the stand-in is still to be seen once."""
    for outcome in run(chain, record):
        topic = outcome.record.topic
        if isinstance(topic, str) and outcome.at == len(chain) and topic.count(STAND_IN) == 1:
            yield topic
