"""Confluent's sink to Google Dataproc copies each topic into a folder of the cluster's HDFS and, on request, a Hive
table.

Folders and tables are named as by the HDFS sinks. Their address is ``gcp.dataproc.namenode``; without it only Google
knows the address, and the topics are unresolved.

Source: https://docs.confluent.io/kafka-connectors/gcp-dataproc/current/overview.html
"""

from __future__ import annotations

from collections.abc import Iterable

from kc_lineage_dagster.derive.config import Config, first, items, replaced
from kc_lineage_dagster.derive.families import hdfs_sink
from kc_lineage_dagster.derive.family import SinkFamily, consumed
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_NAMENODE, _CLUSTER = "gcp.dataproc.namenode", "gcp.dataproc.cluster"


def _writes(config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
    """Return the folder of a topic; unresolved without ``gcp.dataproc.namenode``, where Google tells the address."""
    nodes = items(config.get(_NAMENODE))
    if len(nodes) != 1:
        cluster = first(config, _CLUSTER) or "Dataproc"
        reason = f"goes to the HDFS of cluster {cluster}, whose address only Google knows ({_NAMENODE} is not set)"
        return (Unresolved(consumed(record), reason),)
    address = nodes[0] if "://" in nodes[0] else f"hdfs://{nodes[0]}"
    return hdfs_sink.FAMILY.writes(replaced(config, {"store.url": address}), record)


FAMILY = SinkFamily(
    name="dataproc_sink",
    classes=("io.confluent.connect.gcp.dataproc.DataprocSinkConnector", "DataprocSink"),
    platform="hdfs, hive",
    writes=_writes,
    rule="https://docs.confluent.io/kafka-connectors/gcp-dataproc/current/overview.html",
    naming=(_NAMENODE, *(key for key in hdfs_sink.FAMILY.naming if key != "store.url")),
    never_known="the address of a cluster whose name node is not configured",
    spelled="host:port/folder; database.table",
)
