"""GridDB's connectors copy each container into the topic ``<topic.prefix><container>``, and each topic into the
container of its name.

Source: https://github.com/griddb/griddb-kafka-connect (``GriddbSourceTask``, ``ContainerQuerier``, ``GriddbSinkTask``)
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first, items
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SinkFamily, SourceFamily
from kc_lineage_dagster.derive.readers.places import by_topic
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_PLATFORM = "griddb"


def _reads(config: Config, evidence: Evidence) -> Iterator[Found]:
    prefix, containers = first(config, "topic.prefix") or "", items(config.get("containers"))
    yield from (Record(Dataset(_PLATFORM, container), prefix + container) for container in containers)
    if not containers:
        yield Unresolved("containers", "is not set")


_RULE = "https://github.com/griddb/griddb-kafka-connect"
_SPELLED = "container (DataHub has no platform and no ingestion of it)"
_PACKAGE = "com.github.griddb.kafka.connect"

FAMILIES = (
    SourceFamily(
        name="griddb_source",
        classes=(f"{_PACKAGE}.GriddbSourceConnector",),
        platform=_PLATFORM,
        reads=_reads,
        rule=_RULE,
        naming=("topic.prefix", "containers"),
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="griddb_sink",
        classes=(f"{_PACKAGE}.GriddbSinkConnector",),
        platform=_PLATFORM,
        writes=by_topic(_PLATFORM),
        rule=_RULE,
        spelled=_SPELLED,
    ),
)
