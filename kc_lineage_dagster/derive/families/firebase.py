"""Confluent's connectors for Firebase's realtime database copy each child of one reference into the topic of its name,
and topics into children.

``gcp.firebase.database.reference`` is the address of the reference; names are ``<path>/<child>``.

Source: https://docs.confluent.io/kafka-connectors/firebase/current/source/overview.html,
https://docs.confluent.io/kafka-connectors/firebase/current/sink/overview.html
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, Selection, SinkFamily, SourceFamily, topic_of
from kc_lineage_dagster.derive.records import ACTIVE_TOPICS, Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_REFERENCE = "gcp.firebase.database.reference"


def _child(config: Config, name: str) -> Dataset | Unresolved:
    reference = first(config, _REFERENCE)
    if reference is None:
        return Unresolved(_REFERENCE, "is not set")
    path = urlsplit(reference).path.strip("/")
    return Dataset("firebase", f"{path}/{name}" if path else name)


def _reads(config: Config, evidence: Evidence) -> Iterator[Found]:
    if isinstance(_child(config, ""), Unresolved):
        yield Unresolved(_REFERENCE, "is not set")
        return

    def origin(topic: str) -> Record | Unresolved:
        found = _child(config, topic)
        return found if isinstance(found, Unresolved) else Record(found, topic, evidence=(ACTIVE_TOPICS,))

    yield Selection(f"children of {first(config, _REFERENCE)}", origin)


def _writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    yield _child(config, topic_of(record))


_SPELLED = "path/child; the host is left to the platform instance (DataHub has no platform and no ingestion of it)"

FAMILIES = (
    SourceFamily(
        name="firebase_source",
        classes=("io.confluent.connect.firebase.FirebaseSourceConnector",),
        platform="firebase",
        reads=_reads,
        rule="https://docs.confluent.io/kafka-connectors/firebase/current/source/overview.html",
        naming=(_REFERENCE,),
        never_known="the children, before any is written",
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="firebase_sink",
        classes=("io.confluent.connect.firebase.FirebaseSinkConnector",),
        platform="firebase",
        writes=_writes,
        rule="https://docs.confluent.io/kafka-connectors/firebase/current/sink/overview.html",
        naming=(_REFERENCE,),
        spelled=_SPELLED,
    ),
)
