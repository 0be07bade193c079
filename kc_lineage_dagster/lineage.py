"""The vocabulary of lineage: what every other module speaks. Frozen values, standard library only."""

from __future__ import annotations

from dataclasses import dataclass, field

KAFKA = "kafka"
# What stands in place of a secret, and of a value that nobody tells to be none. Neither is ever a name.
REDACTED, WITHHELD = "<redacted>", "<withheld>"


@dataclass(frozen=True, slots=True, order=True)
class Dataset:
    """A table, topic, file, collection ... of one platform.

    ``platform``: DataHub's platform id. ``name``: spelled as DataHub's own ingestion of that platform spells it,
    before platform instance and environment. ``instance``: a platform instance the derivation itself decided (the far
    cluster of a mirror, from ``options.cluster_aliases``); None leaves it to the recipe's maps.
    """

    platform: str
    name: str
    instance: str | None = None

    def __str__(self) -> str:
        return f"{self.platform}:{self.instance + '.' if self.instance else ''}{self.name}"


@dataclass(frozen=True, slots=True, order=True)
class FieldEdge:
    """One field of the downstream dataset and the upstream fields it is made of.

    Fields are named by their paths as DataHub shows them, joined with dots (``after.id``). ``upstream`` is empty for a
    field that the connector makes itself. ``downstream`` is None for an upstream field that is known not to arrive.
    ``transform``: what changes the content on the way, in the configuration's terms, for example ``MaskField``; ``""``
    for a copy.
    """

    upstream: tuple[str, ...]
    downstream: str | None
    transform: str = ""

    def __str__(self) -> str:
        how = f" by {self.transform}" if self.transform else ""
        return f"{', '.join(self.upstream) or '(made)'} -> {self.downstream or '(dropped)'}{how}"


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """Records of ``upstream`` arrive in ``downstream``.

    ``upstream`` is None when there is nothing upstream that a catalog knows (a data generator).
    ``fields``: what is known of single fields; fields not mentioned arrive unchanged unless the chain says otherwise.
    ``evidence``: how we know, in a few words for people, for example ``configuration, active topics``.
    """

    upstream: Dataset | None
    downstream: Dataset
    fields: tuple[FieldEdge, ...] = ()
    evidence: str = "configuration"

    def __str__(self) -> str:
        return f"{self.upstream or '?'} -> {self.downstream}"


@dataclass(frozen=True, slots=True, order=True)
class Unresolved:
    """Something that moves data and cannot be known, with the reason. A value, never an exception, never an edge.

    ``what``: the topic, table, key or transform. ``reason``: why, and where possible what to do.
    ``topic``: a topic that it concerns. Of a source: an active topic that holds real data whose origin is unknown (it
    becomes a DataJob without inlets). Of a sink: a topic that it reads and whose target is unknown (a DataJob without
    outlets). What concerns several topics is there once for each.
    """

    what: str
    reason: str
    topic: str | None = None

    def __str__(self) -> str:
        return f"{self.what}: {self.reason}"


@dataclass(frozen=True, slots=True)
class ConnectorLineage:
    """All that is known of one connector's lineage.

    ``kind``: ``source``, ``sink`` or ``unknown``, as the REST API's ``type`` says. ``family``: the name of the family
    that read the configuration, None when the class belongs to none. ``trace``: the stack of a defect of this project
    that kept the configuration from being read, for its log; no part of what is known.
    """

    connector: str
    kind: str
    connector_class: str | None
    family: str | None
    edges: tuple[Edge, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
    trace: str | None = field(default=None, compare=False, repr=False)
