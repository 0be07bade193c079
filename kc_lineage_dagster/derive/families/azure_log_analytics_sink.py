"""Confluent's two sinks to Azure Log Analytics copy topics into tables of a workspace; a map of topics names the
tables.

The first sink posts to the HTTP Data Collector API, which puts ``_CL`` behind the name it is given; a topic without an
entry in ``azure.loganalytics.topic2table.map`` gives its own name. The second posts to data collection rules, where
``topic.to.table.map`` names the table itself and every topic needs an entry.

Source: https://learn.microsoft.com/azure/azure-monitor/logs/data-collector-api ("Record type and properties"),
https://docs.confluent.io/cloud/current/connectors/cc-azure-log-analytics-v2-sink.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config
from kc_lineage_dagster.derive.family import SinkFamily, consumed, topic_of
from kc_lineage_dagster.derive.readers.topic_maps import topic_map
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_PLATFORM = "loganalytics"
_V1_MAP, _V2_MAP = "azure.loganalytics.topic2table.map", "topic.to.table.map"
_LOG_TYPE = re.compile(r"[A-Za-z0-9_]{1,100}")


def _writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    tables, topic = topic_map(config, _V1_MAP), topic_of(record)
    if isinstance(tables, Unresolved):
        yield tables
        return
    name = tables.exact.get(topic, topic)
    if _LOG_TYPE.fullmatch(name):
        yield Dataset(_PLATFORM, f"{name}_CL")
    else:
        yield Unresolved(consumed(record), f"{name} holds characters that a log type of Azure may not hold")


def _writes_v2(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    tables, topic = topic_map(config, _V2_MAP), topic_of(record)
    if isinstance(tables, Unresolved):
        yield tables
    elif topic in tables.exact:
        yield Dataset(_PLATFORM, tables.exact[topic])
    else:
        yield Unresolved(consumed(record), f"is not in {_V2_MAP}")


_SPELLED = "the table; the workspace is left to the platform instance (DataHub has no platform of it)"

FAMILIES = (
    SinkFamily(
        name="azure_log_analytics_sink",
        classes=("io.confluent.connect.azureloganalytics.AzureLogAnalyticsSinkConnector", "AzureLogAnalyticsSink"),
        platform=_PLATFORM,
        writes=_writes,
        rule="https://docs.confluent.io/cloud/current/connectors/cc-azure-log-analytics-sink.html",
        naming=(_V1_MAP,),
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="azure_log_analytics_sink_v2",
        classes=("AzureLogAnalyticsSinkV2",),
        platform=_PLATFORM,
        writes=_writes_v2,
        rule="https://docs.confluent.io/cloud/current/connectors/cc-azure-log-analytics-v2-sink.html",
        naming=(_V2_MAP,),
        spelled=_SPELLED,
    ),
)
