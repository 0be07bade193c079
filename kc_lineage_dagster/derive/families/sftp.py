"""Confluent's connectors for SFTP copy the files of one folder into one topic, and each topic into a folder; so does
Lenses' source for FTP.

A source reads ``input.path`` into ``kafka.topic``; a sink writes ``<sftp.working.dir>/<topics.dir>/<topic>``. Lenses'
lists ``path:topic`` pairs. The host is left to the platform instance.

Source: https://docs.confluent.io/kafka-connectors/sftp/current/,
https://docs.lenses.io/latest/connectors/kafka-connectors/sources/ftp
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first, items
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SinkFamily, SourceFamily, topic_of
from kc_lineage_dagster.derive.readers.object_paths import joined
from kc_lineage_dagster.derive.readers.places import place
from kc_lineage_dagster.derive.readers.topic_sources import into_topic
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_PLATFORM = "sftp"
_PACKAGE = "io.confluent.connect.sftp"
_MANAGED, _HOME = "SftpSink", "/home"
_WORKING, _USER = "sftp.working.dir", "sftp.username"
_FTP_KEYS = ("connect.ftp.monitor.tail", "connect.ftp.monitor.update")


def _writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    """Yield the folder of a topic. Files are ``<sftp.working.dir>/<topics.dir>/<topic>/partition=<n>/...``.

    Source: both keys in the configuration reference; the working directory is ``/home`` by default, in Confluent Cloud
    the home of ``sftp.username``.
    """
    home = _HOME if config.get("connector.class") != _MANAGED else f"{_HOME}/{first(config, _USER) or ''}"
    folder = joined(first(config, _WORKING) or home, config.get("topics.dir", "topics"), topic_of(record))
    yield Dataset(_PLATFORM, folder)


def _reads_ftp(config: Config, evidence: Evidence) -> Iterator[Found]:
    """Yield the paths and topics of two lists with entries ``path:topic``."""
    entries = [entry for key in _FTP_KEYS for entry in items(first(config, key))]
    for entry in entries:
        path, colon, topic = entry.rpartition(":")
        if colon and topic:
            yield Record(Dataset("ftp", path), topic)
        else:
            yield Unresolved(entry, "is not of the form path:topic")
    if not entries:
        yield Unresolved(_FTP_KEYS[0], "is not set")


_SPELLED = "the path as configured; the host is left to the platform instance"

FAMILIES = (
    SourceFamily(
        name="sftp_source",
        classes=(
            f"{_PACKAGE}.SftpCsvSourceConnector",
            f"{_PACKAGE}.SftpJsonSourceConnector",
            f"{_PACKAGE}.SftpSchemaLessJsonSourceConnector",
            f"{_PACKAGE}.SftpBinaryFileSourceConnector",
            f"{_PACKAGE}.SftpGenericSourceConnector",
            "SftpSource",
        ),
        platform=_PLATFORM,
        reads=into_topic(place(_PLATFORM, "input.path")),
        rule="https://docs.confluent.io/kafka-connectors/sftp/current/source-connector/",
        naming=("kafka.topic", "input.path"),
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="sftp_sink",
        classes=(f"{_PACKAGE}.SftpSinkConnector", _MANAGED),
        platform=_PLATFORM,
        writes=_writes,
        rule="https://docs.confluent.io/kafka-connectors/sftp/current/sink-connector/",
        naming=(_WORKING, "topics.dir"),
        spelled=_SPELLED,
    ),
    SourceFamily(
        name="lenses_ftp_source",
        classes=(
            "io.lenses.streamreactor.connect.ftp.source.FtpSourceConnector",
            "com.datamountaineer.streamreactor.connect.ftp.source.FtpSourceConnector",
        ),
        platform="ftp",
        reads=_reads_ftp,
        rule="https://docs.lenses.io/latest/connectors/kafka-connectors/sources/ftp",
        naming=_FTP_KEYS,
        spelled=_SPELLED,
    ),
)
