"""Alibaba Cloud's sink to MaxCompute copies all topics into one table, named ``<project>.<table>`` by the keys of these
names.

Source: https://github.com/aliyun/maxcompute-kafka-connector
"""

from __future__ import annotations

from kc_lineage_dagster.derive.family import SinkFamily
from kc_lineage_dagster.derive.readers.places import always, place_within

FAMILY = SinkFamily(
    name="maxcompute_sink",
    classes=("com.aliyun.odps.kafka.connect.MaxComputeSinkConnector",),
    platform="maxcompute",
    writes=always(place_within("maxcompute", ("project",), ("table",))),
    rule="https://github.com/aliyun/maxcompute-kafka-connector",
    naming=("project", "table"),
    spelled="project.table (DataHub has no ingestion of it)",
)
