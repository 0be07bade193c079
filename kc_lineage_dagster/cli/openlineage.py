"""Write a cluster's lineage as OpenLineage JobEvents (lineage by design), for consumers such as Marquez.

Datasets are named by https://openlineage.io/docs/spec/naming as far as configurations tell. That specification makes a
namespace of an address, ``postgres://host:port``; configurations hold the address as the worker sees it, or none. So
the platform instance takes the place of the address, unless ``--namespace`` gives the namespace that other producers
use.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone

from kc_lineage_dagster.cli.formats import ClusterLineage
from kc_lineage_dagster.emit.sentences import flow_sentence
from kc_lineage_dagster.emit.urns import ORCHESTRATOR, dataset_instance
from kc_lineage_dagster.errors import KcLineageError
from kc_lineage_dagster.lineage import KAFKA, ConnectorLineage, Dataset, Edge
from kc_lineage_dagster.version import code_version

try:
    from openlineage.client.event_v2 import InputDataset, Job, JobEvent, OutputDataset
    from openlineage.client.facet_v2 import (
        JobFacet,
        column_lineage_dataset,
        documentation_job,
        job_type_job,
    )
    from openlineage.client.serde import Serde
except ImportError:
    raise KcLineageError(
        "--format openlineage needs openlineage-python: pip install 'kc-lineage-dagster[openlineage]'"
    ) from None

# DataHub's platform -> OpenLineage's scheme for it, where the two differ
_SCHEMES = {"mssql": "sqlserver", "gcs": "gs"}
_BUCKETS = frozenset({"s3", "gs"})  # schemes whose namespace is the bucket, with which DataHub's names begin
_GLOBAL = frozenset({"bigquery"})  # schemes that are the whole namespace, because names are unique worldwide
_UNRESOLVED = 20  # unresolved items that a job's description lists

Namespaces = Mapping[str, str]


def lines(every: Iterable[ClusterLineage], namespaces: Namespaces) -> Iterator[str]:
    """Yield a JobEvent for each connector, as JSON without line breaks.

    ``every``: the clusters; a cluster that failed has no connectors and yields nothing.
    ``namespaces``: platform (``kafka``), or platform and instance (``kafka:eu``) -> namespace of its datasets. Where
    an entry is missing, the namespace is made of platform and instance.
    """
    now = datetime.now(timezone.utc).isoformat()
    for found in every:
        for lineage in found.lineages:
            yield Serde.to_json(_event(found, lineage, namespaces, now))


def _event(found: ClusterLineage, lineage: ConnectorLineage, namespaces: Namespaces, now: str) -> JobEvent:
    topics = {item.topic for item in lineage.unresolved if item.topic}
    loose = {Dataset(KAFKA, topic) for topic in topics}
    loose = {Dataset(KAFKA, one.name, dataset_instance(found.naming, lineage.connector, one)) for one in loose}
    read = {edge.upstream for edge in lineage.edges if edge.upstream} | (loose if lineage.kind == "sink" else set())
    written = {edge.downstream for edge in lineage.edges} | (loose if lineage.kind == "source" else set())
    producer = _producer()
    return JobEvent(
        eventTime=now,
        producer=producer,
        job=Job(f"{ORCHESTRATOR}://{found.slug}", lineage.connector, _job_facets(lineage, producer)),
        inputs=[InputDataset(*identity(one, namespaces)) for one in sorted(read, key=str)],
        outputs=[_output(one, lineage.edges, namespaces, producer) for one in sorted(written, key=str)],
    )


def _producer() -> str:
    """Return the producer as a package URL: this project and its version, wherever it was installed from."""
    return f"pkg:pypi/kc-lineage-dagster@{code_version()}"


def identity(dataset: Dataset, namespaces: Namespaces) -> tuple[str, str]:
    """Return OpenLineage's namespace and name of a dataset. ``namespaces``: see ``lines``."""
    scheme = _SCHEMES.get(dataset.platform, dataset.platform)
    given = namespaces.get(f"{dataset.platform}:{dataset.instance}" if dataset.instance else dataset.platform)
    if given:
        return given, dataset.name
    bucket, _, path = dataset.name.partition("/")
    if scheme in _BUCKETS and bucket:
        return f"{scheme}://{bucket}", path or "/"
    if scheme in _GLOBAL or not dataset.instance:
        return scheme, dataset.name
    return f"{scheme}://{dataset.instance}", dataset.name


def _job_facets(lineage: ConnectorLineage, producer: str) -> dict[str, JobFacet]:
    kind = "CONNECTOR" if lineage.kind == "unknown" else f"{lineage.kind.upper()}_CONNECTOR"
    return {
        "jobType": job_type_job.JobTypeJobFacet("STREAMING", "KAFKA_CONNECT", kind, producer=producer),
        "documentation": documentation_job.DocumentationJobFacet(
            _description(lineage), contentType="text/markdown", producer=producer
        ),
    }


def _description(lineage: ConnectorLineage) -> str:
    """Return the description of a job: what the connector copies, then the unresolved items with their reasons."""
    items = list(dict.fromkeys(map(str, lineage.unresolved)))
    told = [f"- {item}" for item in items[:_UNRESOLVED]]
    told += [f"- and {len(items) - _UNRESOLVED} more"] if len(items) > _UNRESOLVED else []
    return "\n".join([flow_sentence(lineage), *(["", "Unresolved:", ""] if told else []), *told])


def _output(dataset: Dataset, edges: Iterable[Edge], namespaces: Namespaces, producer: str) -> OutputDataset:
    """Return a dataset that the connector writes; its facet lists the columns that each of its columns is made of."""
    columns: dict[str, dict[tuple[str, str, str], str]] = {}
    for edge in edges:
        for pair in edge.fields if edge.downstream == dataset else ():
            if pair.downstream is None:
                continue
            made_of = columns.setdefault(pair.downstream, {})
            if edge.upstream is None:
                continue
            namespace, name = identity(edge.upstream, namespaces)
            made_of.update(((namespace, name, field), pair.transform) for field in pair.upstream)
    output = OutputDataset(*identity(dataset, namespaces))
    if columns:
        fields = {column: _column(made_of) for column, made_of in sorted(columns.items())}
        facet = column_lineage_dataset.ColumnLineageDatasetFacet(fields, producer=producer)
        output.facets = {"columnLineage": facet}
    return output


def _column(made_of: Mapping[tuple[str, str, str], str]) -> column_lineage_dataset.Fields:
    return column_lineage_dataset.Fields(
        [
            column_lineage_dataset.InputField(namespace, name, field, [_transformation(transform)])
            for (namespace, name, field), transform in sorted(made_of.items())
        ]
    )


def _transformation(transform: str) -> column_lineage_dataset.Transformation:
    """Return how a column is made of another one. ``transform``: see ``FieldEdge``; empty for a copy."""
    if not transform:
        return column_lineage_dataset.Transformation("DIRECT", "IDENTITY", masking=False)
    masking = "mask" in transform.lower()
    return column_lineage_dataset.Transformation("DIRECT", "TRANSFORMATION", transform, masking)
