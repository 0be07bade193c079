"""The records that lineage is made of, used by every other module: datasets, edges, unresolved items. Frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field

KAFKA = "kafka"
# Texts that stand in a configuration in place of a secret, and of a value that may be one. Neither is ever a name.
REDACTED, WITHHELD = "<redacted>", "<withheld>"


@dataclass(frozen=True, slots=True, order=True)
class Dataset:
    """A table, topic, file, collection ... of one platform.

    Args:
        platform: DataHub's platform id, for example ``postgres``.
        name: Spelled as DataHub's own ingestion of that platform spells it, without platform instance and environment.
        instance: A platform instance that derivation itself decided (the far cluster of a mirror, from
            ``options.cluster_aliases``), ``""`` for none; None leaves it to the recipe's maps.
    """

    platform: str
    name: str
    instance: str | None = None

    def __str__(self) -> str:
        return f"{self.platform}:{self.instance + '.' if self.instance else ''}{self.name}"


@dataclass(frozen=True, slots=True, order=True)
class FieldEdge:
    """One field of the downstream dataset and the upstream fields it is made of.

    Fields are named by their paths as DataHub shows them, joined with dots (``after.id``).

    Args:
        upstream: Empty for a field that the connector makes itself.
        downstream: None for an upstream field that is known not to arrive.
        transform: What changes the content on the way, in the configuration's terms, for example ``MaskField``; ``""``
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
    """The fact that records of ``upstream`` arrive in ``downstream``.

    Args:
        upstream: None when no catalog knows anything upstream, as of a data generator.
        downstream: The dataset that the records arrive in.
        fields: What is known of single fields. Nothing is said of fields that are not mentioned.
        evidence: How the edge is known, in a few words for people, for example ``configuration, active topics``.
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

    Args:
        what: The topic, table, key or transform in question.
        reason: Why it cannot be known, and where possible what to do.
        topic: A topic with real data that the item concerns, None where it concerns none. Of a source connector it is
            an active topic whose origin is unknown (which becomes a DataJob without inlets), of a sink connector a
            topic that it reads and whose target is unknown (a DataJob without outlets). An item that concerns several
            topics is there once for each of them.
    """

    what: str
    reason: str
    topic: str | None = None

    def __str__(self) -> str:
        return f"{self.what}: {self.reason}"


@dataclass(frozen=True, slots=True)
class ConnectorLineage:
    """All that is known of one connector's lineage.

    Args:
        connector: The connector's name.
        kind: ``source``, ``sink`` or ``unknown``, as the REST API's ``type`` says.
        connector_class: ``connector.class``, None when it is missing.
        family: The name of the connector family that read the configuration, None when the class belongs to none.
        edges: What is known.
        unresolved: What is not.
        decided_by: The keys of its configuration that derivation has read, sorted, without ``connector.class``: edges,
            columns and unresolved items depend on no other. It does not count when lineages are compared.
        trace: The stack trace, for the log, of a defect of this project that stopped the derivation; else None. It does
            not count when lineages are compared.
    """

    connector: str
    kind: str
    connector_class: str | None
    family: str | None
    edges: tuple[Edge, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
    decided_by: tuple[str, ...] = field(default=(), compare=False)
    trace: str | None = field(default=None, compare=False, repr=False)
