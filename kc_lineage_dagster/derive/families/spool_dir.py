"""Jeremy Custenborder's Spool Dir copies the files of one folder (``input.path``) into one topic (``topic``).

A file moves on when it is read, so the folder is the dataset.

Source: https://github.com/jcustenborder/kafka-connect-spooldir
"""

from __future__ import annotations

from kc_lineage_dagster.derive.family import SourceFamily
from kc_lineage_dagster.derive.readers.places import place
from kc_lineage_dagster.derive.readers.topic_sources import into_topic

_PACKAGE = "com.github.jcustenborder.kafka.connect.spooldir"

FAMILY = SourceFamily(
    name="spool_dir",
    classes=(
        f"{_PACKAGE}.SpoolDirCsvSourceConnector",
        f"{_PACKAGE}.SpoolDirJsonSourceConnector",
        f"{_PACKAGE}.SpoolDirSchemaLessJsonSourceConnector",
        f"{_PACKAGE}.SpoolDirAvroSourceConnector",
        f"{_PACKAGE}.SpoolDirLineDelimitedSourceConnector",
        f"{_PACKAGE}.SpoolDirBinaryFileSourceConnector",
        f"{_PACKAGE}.elf.SpoolDirELFSourceConnector",
    ),
    platform="file",
    reads=into_topic(place("file", "input.path"), "topic"),
    rule="https://github.com/jcustenborder/kafka-connect-spooldir",
    naming=("topic", "input.path"),
    spelled="the folder's path as configured",
)
