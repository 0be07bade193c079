"""IBM's connectors for Cloudant copy the changes of one database into topics, and topics into one database.

``cloudant.db`` names the database; before release 0.200 it is the last part of ``cloudant.db.url``. A source writes to
every topic of ``topics``.

Source: https://github.com/IBM/cloudant-kafka-connector
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.family import SinkFamily, SourceFamily
from kc_lineage_dagster.derive.readers.places import always
from kc_lineage_dagster.derive.readers.topic_sources import into_topics
from kc_lineage_dagster.lineage import Dataset, Unresolved

_PLATFORM, _DATABASE, _URL = "cloudant", "cloudant.db", "cloudant.db.url"
_RULE = "https://github.com/IBM/cloudant-kafka-connector"
_SPELLED = "the database (DataHub has no platform and no ingestion of it)"


def _database(config: Config) -> Iterator[Dataset | Unresolved]:
    name = first(config, _DATABASE) or urlsplit(first(config, _URL) or "").path.strip("/").rpartition("/")[2]
    yield Dataset(_PLATFORM, name) if name else Unresolved(_DATABASE, "is not set")


_OLD = "com.ibm.cloudant.kafka.connect"

FAMILIES = (
    SourceFamily(
        name="cloudant_source",
        classes=("com.ibm.cloud.cloudant.kafka.SourceChangesConnector", f"{_OLD}.CloudantSourceConnector"),
        platform=_PLATFORM,
        reads=into_topics(_database, "topics"),
        rule=_RULE,
        naming=("topics", _DATABASE, _URL),
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="cloudant_sink",
        classes=("com.ibm.cloud.cloudant.kafka.SinkConnector", f"{_OLD}.CloudantSinkConnector"),
        platform=_PLATFORM,
        writes=always(_database),
        rule=_RULE,
        naming=(_DATABASE, _URL),
        spelled=_SPELLED,
    ),
)
