"""ConnectorLineage -> metadata change proposals, as plain JSON. Pure; imports nothing of DataHub.

Every connector becomes a DataFlow. Every source dataset of it (of a sink connector: every topic that it reads) becomes
a DataJob with all datasets that it feeds as outlets. Names, URNs and aspects are those of DataHub's own kafka-connect
source, with these differences:

- one job per source dataset, a ``status`` for every entity, and ``dataPlatformInstance``;
- the configuration in the custom properties for every connector class (secrets are removed before they get here);
- unresolved items in the custom properties of the flow, where people look for them;
- how the edges of a job are known, and a description of what is copied from where to where.

A connector's state is not among the properties: it changes by itself, and each change would be a write. Ownership,
terms, documentation and everything else that people edit is never written; tags only where Confluent's Stream Catalog
has some for the connector, as DataHub's source does. ``docs/datahub.md`` compares field by field.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from typing import Any

from kc_lineage_dagster.emit import urns
from kc_lineage_dagster.emit.jobs import Job, jobs
from kc_lineage_dagster.emit.limits import fits
from kc_lineage_dagster.emit.sentences import flow_sentence, job_sentence
from kc_lineage_dagster.emit.urns import Naming
from kc_lineage_dagster.key_words import is_user_key
from kc_lineage_dagster.lineage import KAFKA, ConnectorLineage, Unresolved
from kc_lineage_dagster.wording import enumerated

VALUE_LIMIT = 2_000  # characters of one custom property
CLUSTER = "kc_lineage.cluster"  # the cluster that a flow or job belongs to, for people and for ``emit.marked``
UNRESOLVED_COUNT = "kc_lineage.unresolved"
UNRESOLVED_ITEMS = "kc_lineage.unresolved.items"
EVIDENCE = "kc_lineage.evidence"
TOPICS = "kc_lineage.topics"
TAGS = "globalTags"
_NAMES_OF_A_CAUSE = 20  # items of one cause that are named; of more, their number is told
FIELDS_LEFT_OUT = "kc_lineage.columns.left_out"

_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:32]


def aspect_hash(aspect: Any) -> str:
    """Return what ``Proposal.hash`` would be of an aspect's value, of one that DataHub holds too (None: none)."""
    return _hash(_canonical(aspect))


@dataclass(frozen=True, slots=True)
class Proposal:
    """A metadata change proposal: one aspect of one entity, to be written whole (UPSERT).

    Two proposals are equal when they say the same of the same aspect.

    Args:
        urn: Of the entity.
        entity_type: ``dataFlow`` or ``dataJob``.
        aspect_name: As DataHub's metadata model calls the aspect, for example ``dataJobInfo``.
        value: The aspect's value as DataHub's server takes it in JSON; it is kept as ``text``.

    ``text`` is the value as canonical JSON, a fifth of the memory of the value itself: a connector may have 60,000
    proposals. ``hash`` is the first 128 bits of the SHA-256 of the text, in hex.
    """

    urn: str
    entity_type: str
    aspect_name: str
    value: InitVar[Mapping[str, Any]]
    text: str = field(init=False, compare=False, repr=False)
    hash: str = field(init=False)

    def __post_init__(self, value: Mapping[str, Any]) -> None:
        text = _canonical(value)
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "hash", _hash(text))

    @property
    def aspect(self) -> dict[str, Any]:
        """The aspect's value, read anew from ``text``."""
        found: dict[str, Any] = json.loads(self.text)
        return found

    @property
    def size(self) -> int:
        """The length of ``text`` in characters, all of them ASCII."""
        return len(self.text)


def proposals(
    lineage: ConnectorLineage,
    properties: Mapping[str, str | None],
    naming: Naming,
    external_url: str | None = None,
    mark: str | None = None,
    tags: Collection[str] = (),
) -> tuple[Proposal, ...]:
    """Return all proposals of one connector: the aspects of its flow, then those of each of its jobs.

    Args:
        lineage: What is known of the connector.
        properties: Its configuration without secrets; a value may be None.
        naming: Of the recipe.
        external_url: A page about the connector for people, None where there is none.
        mark: The value of the ``CLUSTER`` property, by which ``emit.marked`` finds the cluster's entities; None for no
            such property.
        tags: Names or URNs of the connector's tags in Confluent's Stream Catalog; empty writes no tags.
    """
    flow = urns.flow_urn(naming, lineage.connector)
    shared = _shared_aspects(naming)
    link = {"externalUrl": external_url} if external_url else {}
    marked = {CLUSTER: mark} if mark else {}
    made = [Proposal(flow, "dataFlow", "dataFlowInfo", {**_flow_info(lineage, properties, marked), **link})]
    made += (Proposal(flow, "dataFlow", name, aspect) for name, aspect in shared)
    tag_urns = [urn for tag in sorted(set(tags)) if fits(urn := urns.tag_urn(tag))]
    if tag_urns:
        made.append(Proposal(flow, "dataFlow", TAGS, {"tags": [{"tag": urn} for urn in tag_urns]}))
    unresolved = _by_topic(lineage.unresolved)
    for job in jobs(lineage, naming):
        urn = urns.job_of_flow(flow, job.id)
        info = _job_info(lineage.connector, job, unresolved, marked)
        made.append(Proposal(urn, "dataJob", "dataJobInfo", {**info, **link}))
        made.append(Proposal(urn, "dataJob", "dataJobInputOutput", _input_output(job)))
        made += (Proposal(urn, "dataJob", name, aspect) for name, aspect in shared)
    return tuple(made)


def status(urn: str, *, removed: bool) -> Proposal:
    """Return the proposal that soft-deletes an entity, or brings it back.

    >>> status("urn:li:dataFlow:(kafka-connect,crm,PROD)", removed=True).aspect
    {'removed': True}
    """
    return Proposal(urn, urn.split(":")[2], "status", {"removed": removed})


def _shared_aspects(naming: Naming) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Return (name, value) of the aspects that are the same for the flow and all jobs of a connector."""
    alive: tuple[str, dict[str, Any]] = ("status", {"removed": False})
    if not naming.platform_instance:
        return (alive,)
    instance = urns.instance_urn(naming.platform_instance)
    return (
        ("browsePathsV2", {"path": [{"id": instance, "urn": instance}]}),
        (
            "dataPlatformInstance",
            {"platform": f"urn:li:dataPlatform:{urns.ORCHESTRATOR}", "instance": instance},
        ),
        alive,
    )


def _flow_info(
    lineage: ConnectorLineage, properties: Mapping[str, str | None], marked: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "customProperties": {**custom_properties(properties), **_unresolved(lineage), **marked},
        "name": lineage.connector,
        "description": flow_sentence(lineage),
    }


def custom_properties(properties: Mapping[str, str | None]) -> dict[str, str]:
    """Return the configuration as DataHub shows it: no user names, no null values, long values cut.

    >>> custom_properties({"topics": "users", "connection.user": "app", "errors.tolerance": None})
    {'topics': 'users'}
    """
    return {key: _cut(value) for key, value in properties.items() if value is not None and not is_user_key(key)}


def _cut(value: str) -> str:
    return value if len(value) <= VALUE_LIMIT else value[: VALUE_LIMIT - 1] + "…"


def _unresolved(lineage: ConnectorLineage) -> dict[str, str]:
    if not lineage.unresolved:
        return {}
    number = len({str(item) for item in lineage.unresolved})
    return {UNRESOLVED_COUNT: str(number), UNRESOLVED_ITEMS: _cut("\n".join(_causes(lineage.unresolved)))}


def _causes(items: Iterable[Unresolved]) -> list[str]:
    """Return a line per cause: what is unresolved because of it, the cause, and the topics not named before it."""
    causes: dict[str, list[Unresolved]] = {}
    for item in items:
        causes.setdefault(item.reason, []).append(item)
    return sorted(_cause(reason, concerned) for reason, concerned in causes.items())


def _cause(reason: str, concerned: list[Unresolved]) -> str:
    whats = {item.what for item in concerned}
    topics = sorted({item.topic for item in concerned if item.topic} - whats)
    where = f" (topics: {enumerated(topics, _NAMES_OF_A_CAUSE)})" if topics else ""
    return f"{enumerated(sorted(whats), _NAMES_OF_A_CAUSE)}: {reason}{where}"


def _by_topic(items: Iterable[Unresolved]) -> dict[str, list[Unresolved]]:
    """Return topic -> its unresolved items; made once, because a connector may have thousands of both."""
    found: dict[str, list[Unresolved]] = {}
    for item in items:
        if item.topic:
            found.setdefault(item.topic, []).append(item)
    return found


def _job_info(
    connector: str, job: Job, unresolved: Mapping[str, Sequence[Unresolved]], marked: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "customProperties": {**_job_properties(job, unresolved), **marked},
        "name": f"{connector}:{job.id}",
        "type": {"string": "COMMAND"},
        "description": job_sentence(job.upstream, job.downstreams),
    }


def _job_properties(job: Job, unresolved: Mapping[str, Sequence[Unresolved]]) -> dict[str, str]:
    """Return how the job's edges are known, its topics as Kafka spells them, and why it has no inlets or no outlets.

    ``unresolved``: topic -> what is unresolved of it.
    """
    topics = {end.name for end in (job.upstream, *job.downstreams) if end and end.platform == KAFKA}
    open_ended = not job.inlets or not job.outlets
    causes = _causes(item for topic in topics for item in unresolved.get(topic, ())) if open_ended else []
    told = {
        EVIDENCE: "\n".join(sorted(job.evidence)),
        TOPICS: "\n".join(sorted(topics)),
        UNRESOLVED_ITEMS: "\n".join(causes),
        FIELDS_LEFT_OUT: str(job.fields_left_out) if job.fields_left_out else "",
    }
    return {key: _cut(value) for key, value in told.items() if value}


def _input_output(job: Job) -> dict[str, Any]:
    aspect: dict[str, Any] = {"inputDatasets": list(job.inlets), "outputDatasets": list(job.outlets)}
    if job.fields:
        aspect["fineGrainedLineages"] = [_fine_grained(*field) for field in job.fields]
    return aspect


def _fine_grained(upstreams: tuple[str, ...], downstream: str, transform: str) -> dict[str, Any]:
    found = {
        "upstreamType": "FIELD_SET",
        "upstreams": list(upstreams),
        "downstreamType": "FIELD",
        "downstreams": [downstream],
        "confidenceScore": 1.0,
    }
    return {**found, "transformOperation": transform} if transform else found
