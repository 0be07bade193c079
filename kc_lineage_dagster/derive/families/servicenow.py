"""Confluent's connectors for ServiceNow copy one table (``servicenow.table``) into one topic (``kafka.topic``), and
topics into one table.

Version 2 of the source numbers its tables: ``table<n>.name`` goes to ``table<n>.topic``.

Source: https://docs.confluent.io/kafka-connectors/servicenow/current/,
https://docs.confluent.io/cloud/current/connectors/cc-servicenow-source-v2.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, entries, first
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SinkFamily, SourceFamily
from kc_lineage_dagster.derive.readers.places import always, place
from kc_lineage_dagster.derive.readers.topic_sources import flows, into_topic
from kc_lineage_dagster.lineage import Unresolved

_PLATFORM = "servicenow"
_NUMBERED = re.compile(r"table\d+\.name")
_TABLE = place(_PLATFORM, "servicenow.table")
_RULE = "https://docs.confluent.io/kafka-connectors/servicenow/current/"
_SPELLED = "the table (DataHub has no platform and no ingestion of it)"


def _reads_v2(config: Config, evidence: Evidence) -> Iterator[Found]:
    """Yield the numbered tables, each with its topic: ``table1.name`` goes to ``table1.topic``."""
    numbered = sorted(entries(config, lambda key, value: _NUMBERED.fullmatch(key) and value.strip()))
    for key in numbered:
        topic_key = key.replace(".name", ".topic")
        topic = first(config, topic_key)
        yield from flows(tuple(place(_PLATFORM, key)(config)), (topic,) if topic else (), topic_key, evidence)
    if not numbered:
        yield Unresolved("table1.name", "is not set")


FAMILIES = (
    SourceFamily(
        name="servicenow_source_v2",
        classes=("ServiceNowSourceV2",),
        platform=_PLATFORM,
        reads=_reads_v2,
        rule="https://docs.confluent.io/cloud/current/connectors/cc-servicenow-source-v2.html",
        naming=tuple(f"table{number}.{part}" for number in range(1, 6) for part in ("name", "topic")),
        spelled=_SPELLED,
    ),
    SourceFamily(
        name="servicenow_source",
        classes=("io.confluent.connect.servicenow.ServiceNowSourceConnector", "ServiceNowSource"),
        platform=_PLATFORM,
        reads=into_topic(_TABLE),
        rule=_RULE,
        naming=("kafka.topic", "servicenow.table"),
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="servicenow_sink",
        classes=("io.confluent.connect.servicenow.ServiceNowSinkConnector", "ServiceNowSink"),
        platform=_PLATFORM,
        writes=always(_TABLE),
        rule=_RULE,
        naming=("servicenow.table",),
        spelled=_SPELLED,
    ),
)
