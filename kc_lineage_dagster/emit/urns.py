"""Dataset, connector and job -> URN, equal to what DataHub's own kafka-connect source makes of the names.

The rules are those of ``datahub.emitter.mce_builder`` and ``datahub.metadata.urns`` (only ``,``, ``(``,
``)`` and U+241F are percent-encoded), written out here because a cluster of 10,000 connectors needs some
100,000 of them; the tests compare them with DataHub's builders.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from kc_lineage_dagster.emit.limits import URN_BYTES, fitted
from kc_lineage_dagster.lineage import KAFKA, Dataset

ORCHESTRATOR = "kafka-connect"

# DataHub: datahub.utilities.urn_encoder.RESERVED_CHARS
_ENCODED = {char: quote(char) for char in ",()\u241f"}
_ENCODE = str.maketrans(_ENCODED)

# What the URN of a job with the shortest id adds to that of its flow, URL-encoded.
_ROOM_FOR_A_JOB = 50

# Classes whose job ids carry the instance of their database (DataHub: kafka_connect.get_job_id, kept for
# old URNs).
_INSTANCE_IN_JOB_ID = frozenset(
    {"PostgresCdcSource", "PostgresCdcSourceV2", "MySqlSource", "MySqlCdcSource", "MySqlCdcSourceV2"}
)


@dataclass(frozen=True, slots=True)
class Naming:
    """What a recipe says about names: the fields of the same name of DataHub's source.

    ``connect_to_platform_map`` (connector -> platform -> instance) goes before ``platform_instance_map``
    (platform -> instance). ``lowercase`` is ``convert_lineage_urns_to_lowercase``: dataset names, not
    instances, jobs or flows.
    """

    env: str = "PROD"
    platform_instance: str | None = None
    platform_instance_map: Mapping[str, str] = field(default_factory=dict)
    connect_to_platform_map: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    lowercase: bool = False


def _part(text: str) -> str:
    """One part of a URN; an empty one, which no URN may have, is spelled ``%00`` as in partition keys."""
    return text.translate(_ENCODE) or "%00"


def _with_instance(instance: str | None, name: str) -> str:
    return f"{instance}.{name}" if instance else name


def dataset_instance(naming: Naming, connector: str, dataset: Dataset) -> str | None:
    """The platform instance of one end of the lineage; what the derivation decided wins over the maps."""
    if dataset.instance is not None:
        return dataset.instance or None
    of_connector = naming.connect_to_platform_map.get(connector) or {}
    return of_connector.get(dataset.platform) or naming.platform_instance_map.get(dataset.platform) or None


def dataset_urn(naming: Naming, connector: str, dataset: Dataset) -> str:
    """The URN of a dataset seen from one connector.

    The environment variable ``DATAHUB_DATASET_URN_TO_LOWER=true`` lower-cases too, as it does in DataHub's
    builder.
    """
    lower = naming.lowercase or os.environ.get("DATAHUB_DATASET_URN_TO_LOWER") == "true"
    name = dataset.name.lower() if lower else dataset.name
    full = _part(_with_instance(dataset_instance(naming, connector, dataset), name))
    platform = f"urn:li:dataPlatform:{_part(dataset.platform)}"
    return f"urn:li:dataset:({platform},{full},{_part(naming.env.upper())})"


def field_urn(dataset: str, path: str) -> str:
    """The URN of one field of the dataset with URN ``dataset``."""
    return f"urn:li:schemaField:({dataset},{_part(path)})"


def flow_urn(naming: Naming, connector: str) -> str:
    """The DataFlow of a connector; the cluster's name is not part of it. A name beyond DataHub's limit is shortened."""

    def urn(name: str) -> str:
        identifier = _part(_with_instance(naming.platform_instance, name))
        return f"urn:li:dataFlow:({ORCHESTRATOR},{identifier},{_part(naming.env)})"

    return fitted(connector, urn, URN_BYTES - _ROOM_FOR_A_JOB)


def job_urn(naming: Naming, connector: str, job_id: str) -> str:
    """The DataJob ``job_id`` of a connector."""
    return job_of_flow(flow_urn(naming, connector), job_id)


def job_of_flow(flow: str, job_id: str) -> str:
    """The DataJob ``job_id`` of the DataFlow with URN ``flow``; an id beyond DataHub's limit is shortened."""
    return fitted(job_id, lambda name: f"urn:li:dataJob:({flow},{_part(name)})")


def instance_urn(instance: str) -> str:
    """The platform instance of Kafka Connect itself, for ``dataPlatformInstance`` and ``browsePathsV2``."""
    if instance.startswith("urn:li:dataPlatformInstance"):
        return instance
    return f"urn:li:dataPlatformInstance:(urn:li:dataPlatform:{ORCHESTRATOR},{_part(instance)})"


def job_id(
    naming: Naming,
    connector: str,
    connector_class: str | None,
    kind: str,
    upstream: Dataset | None,
    target: str,
) -> str:
    """The id of the job that moves ``upstream``: names only, as they are spelled (DataHub: ``get_job_id``).

    ``kind`` is ``source``, ``sink`` or ``unknown``; ``target`` is the name of the downstream dataset, which
    names the job when nothing is known upstream. For a sink the upstream is the topic.
    """
    if upstream is None:
        return f"unknown_source.{target}"
    if _is_source(kind, upstream) and _instance_in_job_id(connector_class):
        instance = (naming.connect_to_platform_map.get(connector) or {}).get(upstream.platform)
        return _with_instance(instance, upstream.name)
    return upstream.name


def _is_source(kind: str, upstream: Dataset) -> bool:
    return kind == "source" or (kind == "unknown" and upstream.platform != KAFKA)


def _instance_in_job_id(connector_class: str | None) -> bool:
    name = connector_class or ""
    return "JdbcSourceConnector" in name or name.startswith("io.debezium.connector") or name in _INSTANCE_IN_JOB_ID


def is_ours(urn: str) -> bool:
    """Whether the URN is a flow or a job of Kafka Connect: nothing else is ever removed."""
    return urn.startswith((f"urn:li:dataFlow:({ORCHESTRATOR},", f"urn:li:dataJob:(urn:li:dataFlow:({ORCHESTRATOR},"))


def connector_of(naming: Naming, urn: str) -> str | None:
    """The connector that a flow or job URN belongs to; None when it was made under another naming."""
    flow = urn.removeprefix("urn:li:dataJob:(").removeprefix(f"urn:li:dataFlow:({ORCHESTRATOR},")
    if not is_ours(urn):
        return None
    identifier, _, rest = flow.partition(",")
    env = rest.partition(")")[0]
    instance = f"{_part(naming.platform_instance)}." if naming.platform_instance else ""
    if env != _part(naming.env) or not identifier.startswith(instance):
        return None
    return _decode(identifier.removeprefix(instance))


def _decode(part: str) -> str:
    if part == "%00":
        return ""
    for char, encoded in _ENCODED.items():
        part = part.replace(encoded, char)
    return part


def by_connector(naming: Naming, urns: Iterable[str]) -> dict[str, set[str]]:
    """Flow and job URNs sorted by connector; those of another naming stand under the empty name.

    For URNs that come without an owner: those of the checkpoint that ``datahub ingest`` left.
    """
    found: dict[str, set[str]] = {}
    for urn in urns:
        if is_ours(urn):
            found.setdefault(connector_of(naming, urn) or "", set()).add(urn)
    return found
