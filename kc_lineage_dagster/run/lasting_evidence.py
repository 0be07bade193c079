"""Keep evidence that a cluster once gave and no longer gives, while the connector's configuration stays the same.

``PUT /connectors/{name}/topics/reset`` (KIP-558), a rebuilt status topic and a connector that has failed take evidence
away, not the data that moved: a topic that was active was written. ``full_refresh`` forgets what is only remembered.
"""

from __future__ import annotations

from dataclasses import replace

from kc_lineage_dagster.connect.snapshot import REMEMBERED, TOPICS, Connector, Note
from kc_lineage_dagster.wording import first_few


def with_memory(connector: Connector, earlier: Connector | None) -> Connector:
    """Return a connector as it was read now, with the evidence of its last reading that the worker no longer gives.

    ``earlier``: the last reading, None without one. A note of the connector says what is remembered.
    """
    if earlier is None or earlier.config != connector.config or earlier.kind != connector.kind:
        return connector
    refused = any(note.about == TOPICS and not note.failed for note in connector.notes)
    lost = () if refused else sorted({*(earlier.topics or ())} - {*(connector.topics or ())})
    offsets = connector.offsets or earlier.offsets
    tasks = connector.task_configs or earlier.task_configs
    what = [
        *([_topics(lost)] if lost else []),
        *(["offsets"] if offsets != connector.offsets else []),
        *(["task configurations"] if tasks != connector.task_configs else []),
    ]
    if not what:
        return connector
    topics = tuple(sorted({*lost, *(connector.topics or ())})) if lost else connector.topics
    note = Note(
        REMEMBERED,
        f"{', '.join(what)} of an earlier reading, which the worker does not report now; a run with full_refresh"
        " forgets them",
    )
    return replace(connector, topics=topics, offsets=offsets, task_configs=tasks, notes=(*connector.notes, note))


def _topics(lost: list[str]) -> str:
    return f"active topics ({first_few(lost, 3)})"
