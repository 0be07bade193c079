"""IBM's connectors for Cloudant copy the changes of one database into topics, and topics into one database.

``cloudant.db`` names the database; a source writes to every topic of ``topics``.

Source: https://github.com/IBM/cloudant-kafka-connector
"""

from __future__ import annotations

from kc_lineage_dagster.derive.family import SinkFamily, SourceFamily
from kc_lineage_dagster.derive.readers.places import always, place
from kc_lineage_dagster.derive.readers.topic_sources import into_topics

_PLATFORM, _DATABASE = "cloudant", "cloudant.db"
_RULE = "https://github.com/IBM/cloudant-kafka-connector"
_SPELLED = "the database (DataHub has no platform and no ingestion of it)"

FAMILIES = (
    SourceFamily(
        name="cloudant_source",
        classes=("com.ibm.cloud.cloudant.kafka.SourceChangesConnector",),
        platform=_PLATFORM,
        reads=into_topics(place(_PLATFORM, _DATABASE), "topics"),
        rule=_RULE,
        naming=("topics", _DATABASE),
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="cloudant_sink",
        classes=("com.ibm.cloud.cloudant.kafka.SinkConnector",),
        platform=_PLATFORM,
        writes=always(place(_PLATFORM, _DATABASE)),
        rule=_RULE,
        naming=(_DATABASE,),
        spelled=_SPELLED,
    ),
)
