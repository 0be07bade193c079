"""Jeremy Custenborder's sinks to Solr copy topics into a collection of SolrCloud, or into the core of a single server.

The collection has the topic's name; the core stands at the end of ``solr.url``.

Source: https://github.com/jcustenborder/kafka-connect-solr
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.family import SinkFamily
from kc_lineage_dagster.derive.readers.places import by_topic
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_PACKAGE = "com.github.jcustenborder.kafka.connect.solr"
_URL = "solr.url"


def _writes_core(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    core = urlsplit(first(config, _URL) or "").path.strip("/").rpartition("/")[2]
    if core in ("", "solr"):
        yield Unresolved(_URL, "names no core")
    else:
        yield Dataset("solr", core)


_RULE = "https://github.com/jcustenborder/kafka-connect-solr"
_SPELLED = "the collection or core (DataHub has no platform and no ingestion of it)"

FAMILIES = (
    SinkFamily(
        name="solr_cloud_sink",
        classes=(f"{_PACKAGE}.CloudSolrSinkConnector",),
        platform="solr",
        writes=by_topic("solr"),
        rule=_RULE,
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="solr_http_sink",
        classes=(f"{_PACKAGE}.HttpSolrSinkConnector",),
        platform="solr",
        writes=_writes_core,
        rule=_RULE,
        naming=(_URL,),
        spelled=_SPELLED,
    ),
)
