"""The URNs of datasets, connectors and jobs, equal to those that DataHub's own kafka-connect source makes.

The rules are those of ``datahub.emitter.mce_builder`` and ``datahub.metadata.urns`` (only ``,``, ``(``, ``)`` and
U+241F are percent-encoded). They are written out here because a cluster of 10,000 connectors needs some 100,000 URNs,
for which DataHub's builders take too long; the tests compare both.

DataHub's rules give ``a,b`` and ``a%2Cb`` one URN. The URNs of datasets follow them, because DataHub's ingestion of
other platforms makes the same ones. In the ids of flows and jobs, which only this project makes, a percent sign that
looks like the beginning of an encoded character is encoded too (``%25``), so that two connectors never share a flow.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from kc_lineage_dagster.emit.limits import URN_BYTES, fitted
from kc_lineage_dagster.lineage import KAFKA, Dataset

ORCHESTRATOR = "kafka-connect"

# DataHub: datahub.utilities.urn_encoder.RESERVED_CHARS
_ENCODED = {char: quote(char) for char in ",()\u241f"}
_ENCODE = str.maketrans(_ENCODED)
_DECODE = {encoded: char for char, encoded in _ENCODED.items()}
# A percent sign that would be read back as the beginning of an encoded character, or of the empty name.
_LOOKS_ENCODED = rf"%(?=(?:25)*(?:{'|'.join(encoded[1:] for encoded in _DECODE)}))|\A%(?=(?:25)*00\Z)"
_AMBIGUOUS = re.compile(_LOOKS_ENCODED)
_TO_DECODE = re.compile(f"{_LOOKS_ENCODED.replace('%(?=', '%25(?=')}|{'|'.join(_DECODE)}")

# URL-encoded bytes that the shortest possible URN of a job has more than the URN of its flow.
_ROOM_FOR_A_JOB = 50

# Classes whose job ids begin with the platform instance of their database: DataHub's kafka_connect.get_job_id does so
# to keep the URNs that its older releases made.
_INSTANCE_IN_JOB_ID = frozenset(
    {"PostgresCdcSource", "PostgresCdcSourceV2", "MySqlSource", "MySqlCdcSource", "MySqlCdcSourceV2"}
)


@dataclass(frozen=True, slots=True)
class Naming:
    """What a recipe says about names, in fields that DataHub's source has too.

    Args:
        env: The environment, the last part of every URN of a flow or a dataset.
        platform_instance: The platform instance of Kafka Connect itself, which begins the ids of flows; None for none.
        platform_instance_map: Platform -> platform instance of its datasets.
        connect_to_platform_map: Connector -> platform -> platform instance; wins over ``platform_instance_map``.
        lowercase: Whether names of datasets become lower case (``convert_lineage_urns_to_lowercase``); names of
            instances, jobs and flows stay.
    """

    env: str = "PROD"
    platform_instance: str | None = None
    platform_instance_map: Mapping[str, str] = field(default_factory=dict)
    connect_to_platform_map: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    lowercase: bool = False


def _part(text: str) -> str:
    """Encode one part of a URN; an empty one, which no URN may have, is spelled ``%00`` as in partition keys."""
    return text.translate(_ENCODE) or "%00"


def _own_part(text: str) -> str:
    """Encode the id of a flow or a job so that ``_decode`` gives it back."""
    return _part(_AMBIGUOUS.sub("%25", text) if "%" in text else text)


def _decode(part: str) -> str:
    """Return what ``_own_part`` has encoded."""
    return "" if part == "%00" else _TO_DECODE.sub(lambda found: _DECODE.get(found[0], "%"), part)


def _with_instance(instance: str | None, name: str) -> str:
    return f"{instance}.{name}" if instance else name


def dataset_instance(naming: Naming, connector: str, dataset: Dataset) -> str | None:
    """Return the platform instance of one end of an edge, None where it has none.

    The instance that derivation decided (``Dataset.instance``) wins over the maps of the recipe.

    Args:
        naming: Of the recipe.
        connector: The name of the connector whose edge it is.
        dataset: The end of the edge.

    >>> naming = Naming(platform_instance_map={"postgres": "eu"}, connect_to_platform_map={"crm": {"postgres": "us"}})
    >>> dataset_instance(naming, "crm", Dataset("postgres", "shop.public.users"))
    'us'
    >>> dataset_instance(naming, "erp", Dataset("postgres", "shop.public.users"))
    'eu'
    """
    if dataset.instance is not None:
        return dataset.instance or None
    of_connector = naming.connect_to_platform_map.get(connector) or {}
    return of_connector.get(dataset.platform) or naming.platform_instance_map.get(dataset.platform) or None


def dataset_urn(naming: Naming, connector: str, dataset: Dataset) -> str:
    """Return the URN of a dataset as one connector names it: connectors may see different platform instances.

    The environment variable ``DATAHUB_DATASET_URN_TO_LOWER=true`` makes names lower case too, as it does in DataHub's
    own builder (``datahub.emitter.mce_builder``).

    Args:
        naming: Of the recipe.
        connector: The name of the connector.
        dataset: One end of an edge of the connector.

    >>> dataset_urn(Naming(), "crm", Dataset("postgres", "shop.public.users"))
    'urn:li:dataset:(urn:li:dataPlatform:postgres,shop.public.users,PROD)'
    >>> dataset_urn(Naming(env="DEV"), "crm", Dataset("s3", "bucket/a(1)", instance="eu"))
    'urn:li:dataset:(urn:li:dataPlatform:s3,eu.bucket/a%281%29,DEV)'
    """
    lower = naming.lowercase or os.environ.get("DATAHUB_DATASET_URN_TO_LOWER") == "true"
    name = dataset.name.lower() if lower else dataset.name
    full = _part(_with_instance(dataset_instance(naming, connector, dataset), name))
    platform = f"urn:li:dataPlatform:{_part(dataset.platform)}"
    return f"urn:li:dataset:({platform},{full},{_part(naming.env.upper())})"


def tag_urn(name: str) -> str:
    """Return the URN of a tag, as ``TagUrn`` of DataHub's client makes it; a name that is a tag's URN already is kept.

    >>> tag_urn("PII"), tag_urn("urn:li:tag:PII")
    ('urn:li:tag:PII', 'urn:li:tag:PII')
    """
    start = "urn:li:tag:"
    return name if name.startswith(start) else start + _part(name)


def field_urn(dataset: str, path: str) -> str:
    """Return the URN of one field of a dataset.

    ``dataset``: the URN of the dataset. ``path``: the field's path as DataHub shows it, joined with dots.

    >>> field_urn("urn:li:dataset:(urn:li:dataPlatform:kafka,users,PROD)", "after.id")
    'urn:li:schemaField:(urn:li:dataset:(urn:li:dataPlatform:kafka,users,PROD),after.id)'
    """
    return f"urn:li:schemaField:({dataset},{_part(path)})"


def flow_urn(naming: Naming, connector: str) -> str:
    """Return the URN of a connector's DataFlow, shortened where the name is beyond DataHub's limit.

    The cluster's name is no part of the URN, as in DataHub's own source.

    >>> flow_urn(Naming(platform_instance="main"), "crm-source")
    'urn:li:dataFlow:(kafka-connect,main.crm-source,PROD)'
    """

    def urn(name: str) -> str:
        identifier = _own_part(_with_instance(naming.platform_instance, name))
        return f"urn:li:dataFlow:({ORCHESTRATOR},{identifier},{_part(naming.env)})"

    return fitted(connector, urn, URN_BYTES - _ROOM_FOR_A_JOB)


def job_of_flow(flow: str, job_id: str) -> str:
    """Return the URN of a DataJob, shortened where the id is beyond DataHub's limit.

    ``flow``: the URN of the DataFlow that the job belongs to. ``job_id``: see the function of that name.

    >>> job_of_flow("urn:li:dataFlow:(kafka-connect,crm-source,PROD)", "shop.public.users")
    'urn:li:dataJob:(urn:li:dataFlow:(kafka-connect,crm-source,PROD),shop.public.users)'
    """
    return fitted(job_id, lambda name: f"urn:li:dataJob:({flow},{_own_part(name)})")


def instance_urn(instance: str) -> str:
    """Return the URN of a platform instance of Kafka Connect, for ``dataPlatformInstance`` and ``browsePathsV2``.

    ``instance``: a name, or a URN, which stays as it is.

    >>> instance_urn("main")
    'urn:li:dataPlatformInstance:(urn:li:dataPlatform:kafka-connect,main)'
    """
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
    """Return the id of the job that moves records of ``upstream``: that dataset's name, as it is spelled.

    The rule is that of ``get_job_id`` in DataHub's own source.

    Args:
        naming: Of the recipe.
        connector: Its name.
        connector_class: ``connector.class``; some classes put the instance of their database before the name.
        kind: ``source``, ``sink`` or ``unknown``.
        upstream: A source's table, a sink's topic; None where nothing is known upstream.
        target: Name of the dataset that records arrive in: it names the job where nothing is known upstream.

    >>> job_id(Naming(), "dwh", "JdbcSink", "sink", Dataset("kafka", "shop.users"), "dwh.users")
    'shop.users'
    >>> job_id(Naming(), "gen", "DatagenSource", "source", None, "clicks")
    'unknown_source.clicks'
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
    """Tell whether a URN is that of a flow or a job of Kafka Connect; this project never removes any other entity.

    >>> is_ours("urn:li:dataFlow:(airflow,daily,PROD)")
    False
    """
    return urn.startswith((f"urn:li:dataFlow:({ORCHESTRATOR},", f"urn:li:dataJob:(urn:li:dataFlow:({ORCHESTRATOR},"))


def flow_of(urn: str) -> str:
    """Return the URN of the DataFlow that a DataJob belongs to; the URN of a DataFlow as it is.

    >>> flow_of("urn:li:dataJob:(urn:li:dataFlow:(kafka-connect,crm-source,PROD),shop.public.users)")
    'urn:li:dataFlow:(kafka-connect,crm-source,PROD)'
    """
    return urn.removeprefix("urn:li:dataJob:(").partition("),")[0] + ")" if urn.startswith("urn:li:dataJob:(") else urn


def connector_of(naming: Naming, urn: str) -> str | None:
    """Return the connector that the URN of a flow or job belongs to; None when it was made under another naming.

    >>> connector_of(Naming(), "urn:li:dataJob:(urn:li:dataFlow:(kafka-connect,crm-source,PROD),shop.public.users)")
    'crm-source'
    >>> connector_of(Naming(env="DEV"), "urn:li:dataFlow:(kafka-connect,crm-source,PROD)") is None
    True
    """
    flow = urn.removeprefix("urn:li:dataJob:(").removeprefix(f"urn:li:dataFlow:({ORCHESTRATOR},")
    if not is_ours(urn):
        return None
    identifier, _, rest = flow.partition(",")
    env = rest.partition(")")[0]
    name, instance = _decode(identifier), _with_instance(naming.platform_instance, "")
    return name.removeprefix(instance) if env == _part(naming.env) and name.startswith(instance) else None


def by_connector(naming: Naming, urns: Iterable[str]) -> dict[str, set[str]]:
    """Return the URNs of flows and jobs by their connector's name; those that another naming made under ``""``.

    This serves URNs that come without an owner, such as those of the checkpoint that ``datahub ingest`` left. URNs of
    other tools are left out.

    >>> by_connector(Naming(), ["urn:li:dataFlow:(kafka-connect,crm,PROD)", "urn:li:dataFlow:(airflow,daily,PROD)"])
    {'crm': {'urn:li:dataFlow:(kafka-connect,crm,PROD)'}}
    """
    found: dict[str, set[str]] = {}
    for urn in urns:
        if is_ours(urn):
            found.setdefault(connector_of(naming, urn) or "", set()).add(urn)
    return found
