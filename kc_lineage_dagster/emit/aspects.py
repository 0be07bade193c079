"""ConnectorLineage -> metadata change proposals, as plain JSON. Pure; imports nothing of DataHub.

Per connector a DataFlow, per source dataset (of a sink: per topic) a DataJob with everything it feeds among
its outlets. Names, URNs and aspects are those of DataHub's own kafka-connect source; on purpose different
are: one job per source dataset, ``status`` beside its entity, ``dataPlatformInstance``, the configuration
of every class in the custom properties (secrets are gone before they get here), and what is unresolved,
also in the custom properties of the flow, because that is where people look; a description that says what is copied
from where to where; how a job's edges are known. A connector's state is not among the properties: it changes by itself,
and each change would be a write. Ownership, terms, documentation and everything else that people edit is never
written; tags only where Confluent's Stream Catalog has some of the connector, as DataHub's source does.
``docs/datahub.md`` compares field by field.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kc_lineage_dagster.emit import urns
from kc_lineage_dagster.emit.limits import fits
from kc_lineage_dagster.emit.sentences import enumerated, flow_sentence, job_sentence
from kc_lineage_dagster.emit.urns import Naming
from kc_lineage_dagster.key_words import is_user_key
from kc_lineage_dagster.lineage import KAFKA, ConnectorLineage, Dataset, Edge, Unresolved

VALUE_LIMIT = 2_000  # characters of one custom property
CLUSTER = "kc_lineage.cluster"  # whose flow or job it is, for people and for ``emit.marked``
UNRESOLVED_COUNT = "kc_lineage.unresolved"
UNRESOLVED_ITEMS = "kc_lineage.unresolved.items"
EVIDENCE = "kc_lineage.evidence"
TOPICS = "kc_lineage.topics"
TAGS = "globalTags"
_NAMES_OF_A_CAUSE = 20
# Some 320 bytes each: 3 MB of an aspect, of which DataHub takes 16 MB in a request.
MOST_FIELDS = 10_000
FIELDS_LEFT_OUT = "kc_lineage.columns.left_out"

_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Proposal:
    """One aspect of one entity, to be written whole (UPSERT).

    ``aspect`` is JSON as DataHub's server takes it. ``hash``: the first 128 bits of the SHA-256 of its
    canonical JSON, in hex; ``size``: its length in characters. Two proposals are equal when they say the
    same of the same aspect.
    """

    urn: str
    entity_type: str
    aspect_name: str
    aspect: Mapping[str, Any] = field(compare=False)
    hash: str = field(init=False)
    size: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        text = _canonical(self.aspect)
        object.__setattr__(self, "hash", hashlib.sha256(text.encode("ascii")).hexdigest()[:32])
        object.__setattr__(self, "size", len(text))


# upstream field URNs, downstream field URN, what changes the content
_Field = tuple[tuple[str, ...], str, str]


@dataclass(frozen=True, slots=True)
class _Job:
    """``upstream`` and ``downstreams``: what ``inlets`` and ``outlets`` are the URNs of."""

    id: str
    upstream: Dataset | None
    downstreams: frozenset[Dataset]
    evidence: frozenset[str]
    inlets: tuple[str, ...]
    outlets: tuple[str, ...]
    fields: tuple[_Field, ...]
    fields_left_out: int


def proposals(
    lineage: ConnectorLineage,
    properties: Mapping[str, str | None],
    naming: Naming,
    external_url: str | None = None,
    mark: str | None = None,
    tags: Collection[str] = (),
) -> tuple[Proposal, ...]:
    """All that is to be written for one connector: the flow's aspects, then those of each job.

    ``properties``: the connector's configuration without its secrets.
    ``external_url``: a page about the connector for people, None where there is none.
    ``mark``: tells which cluster's flow or job it is (``CLUSTER``), None for none.
    ``tags``: of the connector in Confluent's Stream Catalog; () writes no tags.
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
    for job in _jobs(lineage, naming):
        urn = urns.job_of_flow(flow, job.id)
        made.append(Proposal(urn, "dataJob", "dataJobInfo", {**_job_info(lineage, job, marked), **link}))
        made.append(Proposal(urn, "dataJob", "dataJobInputOutput", _input_output(job)))
        made += (Proposal(urn, "dataJob", name, aspect) for name, aspect in shared)
    return tuple(made)


def status(urn: str, *, removed: bool) -> Proposal:
    """The proposal that soft-deletes an entity, or brings it back."""
    return Proposal(urn, urn.split(":")[2], "status", {"removed": removed})


def _shared_aspects(naming: Naming) -> tuple[tuple[str, dict[str, Any]], ...]:
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
    """The configuration as DataHub shows it: no user names, nothing for null, long values cut."""
    return {key: _cut(value) for key, value in properties.items() if value is not None and not is_user_key(key)}


def _cut(value: str) -> str:
    return value if len(value) <= VALUE_LIMIT else value[: VALUE_LIMIT - 1] + "…"


def _unresolved(lineage: ConnectorLineage) -> dict[str, str]:
    if not lineage.unresolved:
        return {}
    number = len({str(item) for item in lineage.unresolved})
    return {UNRESOLVED_COUNT: str(number), UNRESOLVED_ITEMS: _cut("\n".join(_causes(lineage.unresolved)))}


def _causes(items: Iterable[Unresolved]) -> list[str]:
    """Return a line per cause: what it leaves unresolved, the cause, and the topics not named before it."""
    causes: dict[str, list[Unresolved]] = {}
    for item in items:
        causes.setdefault(item.reason, []).append(item)
    return sorted(_cause(reason, concerned) for reason, concerned in causes.items())


def _cause(reason: str, concerned: list[Unresolved]) -> str:
    whats = {item.what for item in concerned}
    topics = sorted({item.topic for item in concerned if item.topic} - whats)
    where = f" (topics: {enumerated(topics, _NAMES_OF_A_CAUSE)})" if topics else ""
    return f"{enumerated(sorted(whats), _NAMES_OF_A_CAUSE)}: {reason}{where}"


def _job_info(lineage: ConnectorLineage, job: _Job, marked: Mapping[str, str]) -> dict[str, Any]:
    return {
        "customProperties": {**_job_properties(lineage, job), **marked},
        "name": f"{lineage.connector}:{job.id}",
        "type": {"string": "COMMAND"},
        "description": job_sentence(job.upstream, job.downstreams),
    }


def _job_properties(lineage: ConnectorLineage, job: _Job) -> dict[str, str]:
    """How the job's edges are known, its topics as Kafka spells them, and why an end is missing."""
    topics = {end.name for end in (job.upstream, *job.downstreams) if end and end.platform == KAFKA}
    open_ended = not job.inlets or not job.outlets
    causes = _causes(item for item in lineage.unresolved if item.topic in topics) if open_ended else []
    told = {
        EVIDENCE: "\n".join(sorted(job.evidence)),
        TOPICS: "\n".join(sorted(topics)),
        UNRESOLVED_ITEMS: "\n".join(causes),
        FIELDS_LEFT_OUT: str(job.fields_left_out) if job.fields_left_out else "",
    }
    return {key: _cut(value) for key, value in told.items() if value}


def _input_output(job: _Job) -> dict[str, Any]:
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


def _jobs(lineage: ConnectorLineage, naming: Naming) -> Iterator[_Job]:
    groups = _edges_by_job(lineage, naming)
    shared_ids = {name for name, count in Counter(name for name, _ in groups).items() if count > 1}
    unknown = {edge.downstream for edge in _topics_of_unknown_origin(lineage)}
    for (name, upstream), edges in groups.items():
        fields = sorted(set(_field_pairs(lineage.connector, naming, edges)))
        fitting = [field for field in fields if all(map(fits, (*field[0], field[1])))][:MOST_FIELDS]
        yield _Job(
            id=_qualified(edges[0].upstream, name) if name in shared_ids else name,
            upstream=edges[0].upstream,
            downstreams=frozenset(edge.downstream for edge in edges),
            evidence=frozenset(edge.evidence for edge in edges if edge.upstream or edge.downstream not in unknown),
            inlets=(upstream,) if upstream else (),
            outlets=tuple(sorted({urns.dataset_urn(naming, lineage.connector, edge.downstream) for edge in edges})),
            fields=tuple(fitting),
            fields_left_out=len(fields) - len(fitting),
        )
    yield from _jobs_without_outlets(lineage, naming)


def _jobs_without_outlets(lineage: ConnectorLineage, naming: Naming) -> Iterator[_Job]:
    """Of a sink the topics that it reads and whose target is unresolved."""
    if lineage.kind != "sink":
        return
    known = {edge.upstream.name for edge in lineage.edges if edge.upstream}
    for topic in dict.fromkeys(item.topic for item in lineage.unresolved if item.topic):
        if topic not in known:
            read = Dataset(KAFKA, topic)
            name = urns.job_id(naming, lineage.connector, lineage.connector_class, lineage.kind, read, "")
            inlet = urns.dataset_urn(naming, lineage.connector, read)
            yield _Job(name, read, frozenset(), frozenset(), (inlet,), (), (), 0)


def _edges_by_job(lineage: ConnectorLineage, naming: Naming) -> dict[tuple[str, str | None], list[Edge]]:
    groups: dict[tuple[str, str | None], list[Edge]] = {}
    for edge in (*lineage.edges, *_topics_of_unknown_origin(lineage)):
        upstream = edge.upstream
        urn = urns.dataset_urn(naming, lineage.connector, upstream) if upstream else None
        name = urns.job_id(
            naming, lineage.connector, lineage.connector_class, lineage.kind, upstream, edge.downstream.name
        )
        groups.setdefault((name, urn), []).append(edge)
    return groups


def _topics_of_unknown_origin(lineage: ConnectorLineage) -> Iterator[Edge]:
    """Topics with real data whose origin is unresolved; a sink does not write topics, so it has none."""
    if lineage.kind == "sink":
        return
    known = {edge.downstream.name for edge in lineage.edges if edge.downstream.platform == KAFKA}
    for item in lineage.unresolved:
        if item.topic is not None and item.topic not in known:
            known.add(item.topic)
            yield Edge(None, Dataset(KAFKA, item.topic))


def _qualified(upstream: Dataset | None, name: str) -> str:
    """The id of a job whose plain id another dataset of the same connector has too.

    Putting both into one job would claim that each feeds the outlets of the other.
    """
    if upstream is None:
        return name
    return ".".join(part for part in (upstream.platform, upstream.instance, name) if part)


def _field_pairs(connector: str, naming: Naming, edges: Iterable[Edge]) -> Iterator[_Field]:
    for edge in edges:
        if edge.upstream is None:
            continue
        upstream = urns.dataset_urn(naming, connector, edge.upstream)
        downstream = urns.dataset_urn(naming, connector, edge.downstream)
        for pair in edge.fields:
            sources = tuple(urns.field_urn(upstream, name) for name in pair.upstream if name)
            if sources and pair.downstream:
                yield sources, urns.field_urn(downstream, pair.downstream), pair.transform
