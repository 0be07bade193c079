"""FileStream, Kafka's own connectors for files, copies the lines of one file into one topic, and topics into one file.

``file`` names the file; without it the worker's standard input or output is used, which is no dataset. A file behind a
reference is told by committed offsets. A source's topic is ``topic``.

Source: ``org.apache.kafka.connect.file.FileStreamSourceTask``, ``FileStreamSinkTask``
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import REFERENCE, Config, first, is_reference
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SinkFamily, SourceFamily, consumed
from kc_lineage_dagster.derive.records import CONFIGURATION, OFFSETS, Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_STDIO = "without `file` it uses the standard {} of the worker, which is no dataset"


def _reads(config: Config, evidence: Evidence) -> Iterator[Found]:
    topic, file = first(config, "topic"), first(config, "file")
    if topic is None:
        yield Unresolved("topic", "is not set")
    elif file is None:
        yield Unresolved(topic, _STDIO.format("input"))
        yield Record(None, topic)
    elif not is_reference(file):
        offsets = file in _files_read(evidence)
        how = (CONFIGURATION, OFFSETS) if offsets else (CONFIGURATION,)
        yield Record(Dataset("file", file), topic, evidence=how)
    else:
        yield from _from_offsets(topic, evidence)


def _from_offsets(topic: str, evidence: Evidence) -> Iterator[Found]:
    files = _files_read(evidence)
    if len(files) == 1:
        yield Record(Dataset("file", files[0]), topic, evidence=(OFFSETS,))
    else:
        yield Unresolved("file", f"{REFERENCE}; no committed offset names the file")
        yield Record(None, topic)


def _files_read(evidence: Evidence) -> tuple[str, ...]:
    """Return the files in the source partitions of committed offsets (``FileStreamSourceTask.FILENAME_FIELD``)."""
    names = (item.partition.get("filename") for item in evidence.offsets)
    return tuple(dict.fromkeys(str(name) for name in names if name))


def _writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    file = first(config, "file")
    yield Dataset("file", file) if file else Unresolved(consumed(record), _STDIO.format("output"))


_PACKAGE = "org.apache.kafka.connect.file"
_RULE = "org.apache.kafka.connect.file.FileStreamSourceTask and FileStreamSinkTask, github.com/apache/kafka"
_SPELLED = "the path as configured"

FAMILIES = (
    SourceFamily(
        name="file_stream_source",
        classes=(f"{_PACKAGE}.FileStreamSourceConnector",),
        platform="file",
        reads=_reads,
        rule=_RULE,
        naming=("topic",),
        never_known="the far end of standard input",
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="file_stream_sink",
        classes=(f"{_PACKAGE}.FileStreamSinkConnector",),
        platform="file",
        writes=_writes,
        rule=_RULE,
        naming=("file",),
        never_known="the far end of standard output",
        spelled=_SPELLED,
    ),
)
