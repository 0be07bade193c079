"""IBM's sink to Cloud Object Storage copies each topic into the folder ``<cos.bucket.name>/<topic>``.

Objects are called ``<topic>/<partition>/<offsets>``.

Source: ``com.ibm.eventstreams.connect.cossink.partitionwriter.COSObject.createKey``
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config
from kc_lineage_dagster.derive.family import SinkFamily, topic_of
from kc_lineage_dagster.derive.readers.table_names import required
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_BUCKET = "cos.bucket.name"


def _writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    bucket = required(config, _BUCKET)
    yield bucket if isinstance(bucket, Unresolved) else Dataset("ibm-cos", f"{bucket}/{topic_of(record)}")


FAMILY = SinkFamily(
    name="ibm_cos_sink",
    classes=("com.ibm.eventstreams.connect.cossink.COSSinkConnector",),
    platform="ibm-cos",
    writes=_writes,
    rule="com.ibm.eventstreams.connect.cossink.partitionwriter.COSObject.createKey",
    naming=(_BUCKET,),
    spelled="bucket/topic (DataHub has no platform and no ingestion of it)",
)
