"""Names of records in a schema registry: Debezium calls records after the topic of their table, before the transforms.

``srv.public.users.Envelope`` holds changes of the table behind topic ``srv.public.users``, whatever the records' topic
is called after the transforms; ``.Value`` is what ExtractNewRecordState leaves of them.

Source: ``io.debezium.schema.SchemaFactory``, ``io.debezium.schema.AbstractTopicNamingStrategy.recordSchemaPrefix``
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_SUFFIX = re.compile(r"\.(?:Envelope|Value)$")
# what Avro refuses in a name becomes an underscore (io.debezium.schema.SchemaNameAdjuster)
_NOT_AVRO = re.compile(r"[^A-Za-z0-9_.]")


def topics_before(name: str, heads: Iterable[str]) -> tuple[str, ...]:
    """Return the topics, before the transforms, whose records have this name.

    A name cannot hold all that a topic can. ``heads``: what the connector's topics begin with, for the characters that
    the name had to replace.
    """
    if not _SUFFIX.search(name):
        return ()
    topic = _SUFFIX.sub("", name)
    found = [head + topic[len(head) :] for head in heads if head and topic.startswith(adjusted(head))]
    return tuple(dict.fromkeys((*found, topic)))


def adjusted(topic: str) -> str:
    """Return a topic as the name of a record can hold it."""
    return _NOT_AVRO.sub("_", topic)
