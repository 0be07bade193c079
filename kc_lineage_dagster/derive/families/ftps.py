"""Confluent's connectors for FTPS copy the files of one folder into one topic, and each topic into a folder.

A source reads ``ftps.input.path`` into ``kafka.topic``; a sink writes below ``<ftps.working.dir>/<topic>``. The host is
left to the platform instance.

Source: https://docs.confluent.io/kafka-connectors/ftps/current/source/connector_config.html,
https://docs.confluent.io/kafka-connectors/ftps/current/sink/overview.html
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config
from kc_lineage_dagster.derive.family import SinkFamily, SourceFamily, topic_of
from kc_lineage_dagster.derive.readers.object_paths import joined
from kc_lineage_dagster.derive.readers.places import place
from kc_lineage_dagster.derive.readers.table_names import required
from kc_lineage_dagster.derive.readers.topic_sources import into_topic
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_PLATFORM = "ftps"
_WORKING = "ftps.working.dir"
_SPELLED = "the path as configured; the host is left to the platform instance"


def _writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    """Yield the topic's folder. Files are ``<ftps.working.dir>/<topic>/partition=<n>/...``, without ``topics.dir``."""
    folder = required(config, _WORKING)
    yield folder if isinstance(folder, Unresolved) else Dataset(_PLATFORM, joined(folder, topic_of(record)))


FAMILIES = (
    SourceFamily(
        name="ftps_source",
        classes=("io.confluent.connect.ftps.FtpsSourceConnector",),
        platform=_PLATFORM,
        reads=into_topic(place(_PLATFORM, "ftps.input.path", "input.path")),
        rule="https://docs.confluent.io/kafka-connectors/ftps/current/source/connector_config.html",
        naming=("kafka.topic", "ftps.input.path", "input.path"),
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="ftps_sink",
        classes=("io.confluent.connect.ftps.FtpsSinkConnector",),
        platform=_PLATFORM,
        writes=_writes,
        rule="https://docs.confluent.io/kafka-connectors/ftps/current/sink/overview.html",
        naming=(_WORKING,),
        spelled=_SPELLED,
    ),
)
