"""What a connector family is: data and one pure function. Each file of ``families/`` holds one, or several that share a
rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kc_lineage_dagster.derive.config import Config
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.records import Node, Record
from kc_lineage_dagster.lineage import Dataset, Unresolved


@dataclass(frozen=True, slots=True)
class Selection:
    """The tables of a pattern: which record, if any, stands behind a topic that the connector itself named.

    Args:
        what: What chooses the tables, for people, for example ``table.include.list = sales\\.orders.*``.
        origin: From a topic (before the transforms) to its record; None when the topic is not one of this connector's
            tables; Unresolved when it is one that cannot be told, or that the lists exclude.
        heads: Every topic of the selection starts with one of these texts.
        why: Why the configuration alone does not name the tables, for people; "" where another item says that already.
    """

    what: str
    origin: Callable[[str], Record | Unresolved | None]
    heads: frozenset[str] = frozenset()
    why: str = "tables are chosen by a pattern"


Found = Record | Selection | Unresolved
Reads = Callable[[Config, Evidence], Iterable[Found]]
Writes = Callable[[Config, Record], Iterable[Dataset | Unresolved]]


def no_internal_topics(config: Config, topic: str) -> bool:
    """Return False: most connectors write data only."""
    return False


@dataclass(frozen=True, slots=True)
class SourceFamily:
    """Connectors that write topics.

    Args:
        name: What the coverage page and ``kc-lineage connectors`` call the family.
        classes: Full class names and managed names of Confluent Cloud; short aliases follow by rule.
        platform: DataHub's platform id of what is read, or words when the configuration decides.
        reads: From configuration and evidence to the records that the connector writes, under the topics that it names
            itself, before the transforms; never looks at ``transforms``.
        rule: Where the rule comes from (documentation address or class).
        naming: Keys that decide a name: one hidden behind ``${provider:...}`` leaves the connector unresolved.
        selecting: Keys that only choose among tables: hidden ones count as absent.
        internal: Whether a topic (before the transforms) is the connector's own book-keeping.
        never_known: What stays unresolved, in words; "" for nothing.
        spelled: The rule that the names of its datasets follow, in words.
        columns: Whether its records hold the columns of their dataset by name, where ``reads`` says nothing else.
        package: A package whose other classes belong to the family too, as long as their names end with
            ``SourceConnector``.
        direction: Always ``source``.
    """

    name: str
    classes: tuple[str, ...]
    platform: str
    reads: Reads
    rule: str
    naming: tuple[str, ...] = ()
    selecting: tuple[str, ...] = ()
    internal: Callable[[Config, str], bool] = no_internal_topics
    never_known: str = ""
    spelled: str = ""
    columns: bool = False
    package: str = ""
    direction: str = "source"


def value_fields(config: Config, record: Record, target: Dataset) -> Node:
    """Return the fields of the value: most sinks write them under their names.

    Args:
        config: Not looked at.
        record: The record as the transforms left it.
        target: Not looked at.
    """
    return record.value


def makes_none(config: Config) -> bool:
    """Return False: most sinks write into what is there."""
    return False


def makes_all(config: Config) -> bool:
    """Return True: a document has the fields of its record, or the writing fails."""
    return True


@dataclass(frozen=True, slots=True)
class SinkFamily:
    """Connectors that read topics.

    Args:
        name: What the coverage page and ``kc-lineage connectors`` call the family.
        classes: Full class names and managed names of Confluent Cloud; short aliases follow by rule.
        platform: DataHub's platform id of what is written, or words when the configuration decides.
        writes: From configuration and the record of one input topic (``record.origin.name`` is the topic consumed,
            ``record.topic`` what the transforms left) to the datasets that the record goes to.
        rule: Where the rule comes from (documentation address or class).
        naming: Keys that decide a name: one hidden behind ``${provider:...}`` leaves the connector unresolved.
        never_known: What stays unresolved, in words; "" for nothing.
        spelled: The rule that the names of its datasets follow, in words.
        columns: From configuration, record and one of its datasets to the columns written there, as the platform stores
            their names; by default the fields of the value.
        makes_columns: Whether the connector creates columns that its record has and the table lacks, so that the
            columns are known without a catalog.
        by_content: Whether the content of records may name datasets.
        package: A package whose other classes belong to the family too, as long as their names end with
            ``SinkConnector``.
        direction: Always ``sink``.
    """

    name: str
    classes: tuple[str, ...]
    platform: str
    writes: Writes
    rule: str
    naming: tuple[str, ...] = ()
    never_known: str = ""
    spelled: str = ""
    columns: Callable[[Config, Record, Dataset], Node] = value_fields
    makes_columns: Callable[[Config], bool] = makes_none
    by_content: bool = False
    package: str = ""
    direction: str = "sink"


Family = SourceFamily | SinkFamily


def topic_of(record: Record) -> str:
    """Return the topic a sink sees after its transforms; the derivation calls ``writes`` with exact topics only."""
    assert isinstance(record.topic, str)
    return record.topic


def consumed(record: Record) -> str:
    """Return the topic a sink consumes, before its transforms."""
    assert record.origin is not None
    return record.origin.name
