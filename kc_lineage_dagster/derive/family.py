"""A connector family: data and one pure function. One file of ``families/`` each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kc_lineage_dagster.derive.config import Config
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.records import Node, Record
from kc_lineage_dagster.lineage import Dataset, Unresolved


@dataclass(frozen=True, slots=True)
class Selection:
    """The tables of a pattern: which record, if any, stands behind a topic the connector itself named.

    ``what``: for people, for example ``table.include.list = sales\\.orders.*``.
    ``origin``: from a topic (before transforms) to its record; None when the topic is not one of this connector's
    tables; Unresolved when it is one that cannot be told, or that the lists exclude.
    ``heads``: every topic of the selection starts with one of these texts.
    ``why``: why the configuration alone does not name them, for people; "" where that is said elsewhere.
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

    ``name``: what the coverage page and ``kc-lineage connectors`` call it.
    ``classes``: full class names and managed names of Confluent Cloud; short aliases follow by rule.
    ``package``: one whose other classes belong here too, as long as their names end with ``SourceConnector``.
    ``platform``: DataHub's platform id, or words when the configuration decides.
    ``reads``: from configuration and evidence to the records it writes, under the topics that the connector itself
    names, before transforms; never looks at ``transforms``.
    ``naming``: keys that decide a name: one hidden behind ``${provider:...}`` leaves the connector unresolved.
    ``selecting``: keys that only choose among tables: hidden ones count as absent.
    ``internal``: whether a topic (before transforms) is the connector's own book-keeping.
    ``never_known``: what stays unresolved, in words.
    ``rule``: where the rule comes from (documentation address or class).
    ``spelled``: which rule the dataset names follow.
    ``columns``: its records hold the columns of their dataset by name, where ``reads`` says nothing else.
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
    """Return the fields of the value: most sinks write them under their names."""
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

    ``writes``: from configuration and the record of one input topic (``record.origin.name`` is the topic consumed,
    ``record.topic`` what the transforms left) to the datasets it goes to.
    ``columns``: from the same, and one of those datasets, to the columns written there, as the platform stores their
    names; by default the fields of the value.
    ``makes_columns``: whether the connector makes the columns of a record that are not there, so that they are known
    without a catalog.
    ``by_content``: whether the content of records may name datasets. The rest as in SourceFamily.
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
