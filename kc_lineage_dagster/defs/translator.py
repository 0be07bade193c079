"""How the assets of a cluster, and its datasets and topics, look in Dagster; a project changes it with a subclass."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from dagster import AssetKey, AssetSpec, MetadataValue

from kc_lineage_dagster.lineage import KAFKA, Dataset
from kc_lineage_dagster.recipe.model import Options
from kc_lineage_dagster.wording import first_few

RAW, LINEAGE, EMISSIONS, STALE = "raw_connector_configs", "connector_lineage", "datahub_emissions", "stale_entities"
ASSETS = (RAW, LINEAGE, EMISSIONS, STALE)

_DEFAULT_ENV = "PROD"
_KIND = re.compile(r"[A-Za-z0-9_.-]{1,63}")  # what Dagster takes as a kind
_NAMED = 5  # connectors that a description names


@dataclass(frozen=True, slots=True)
class ClusterAssetProps:
    """One of the four assets of a cluster.

    Args:
        cluster: The cluster's short name.
        asset: ``raw_connector_configs``, ``connector_lineage``, ``datahub_emissions`` or ``stale_entities``.
        options: The recipe's ``options``.
    """

    cluster: str
    asset: str
    options: Options


@dataclass(frozen=True, slots=True)
class DatasetProps:
    """A table, topic, file, collection ... that the lineage of a cluster names.

    Args:
        cluster: The cluster's short name.
        dataset: Platform and name; ``dataset.instance`` is the platform instance of its URN.
        env: DataHub's environment, for example ``PROD``.
        lowercase: Whether the recipe turns dataset names into small letters (``convert_lineage_urns_to_lowercase``).
        urn: The dataset's URN in DataHub.
        datahub_url: DataHub's page of the dataset; None without ``options.frontend_url``.
        written_by: Connectors that write the dataset, sorted.
        read_by: Connectors that read the dataset, sorted.
    """

    cluster: str
    dataset: Dataset
    env: str = _DEFAULT_ENV
    lowercase: bool = False
    urn: str = ""
    datahub_url: str | None = None
    written_by: tuple[str, ...] = ()
    read_by: tuple[str, ...] = ()


Props = ClusterAssetProps | DatasetProps


class KafkaConnectLineageTranslator:
    """Decides key, group, owners, tags, kinds, metadata, freshness and automation of every asset.

    Override ``get_asset_spec``, call ``super()``, and return what should be different::

        class Ours(KafkaConnectLineageTranslator):
            def get_asset_spec(self, props):
                spec = super().get_asset_spec(props)
                return spec and spec.replace_attributes(owners=["team:data-platform"])
    """

    def get_asset_spec(self, props: Props) -> AssetSpec | None:
        """Return the spec of an asset; None leaves a dataset out of the graph.

        Dependencies, partitions and the code version of the four assets are this project's own and are set afterwards.
        """
        return _cluster_asset(props) if isinstance(props, ClusterAssetProps) else _dataset(props)


Translate = Callable[[Props], AssetSpec | None]  # ``KafkaConnectLineageTranslator.get_asset_spec``


def default_key(props: DatasetProps) -> AssetKey:
    """Return ``platform / name``, the name with its platform instance in front as in DataHub's URNs.

    Datasets of another environment than PROD stand below the environment's name, so that they stay apart. A slash in a
    name divides the name: Dagster's web interface cannot follow a key that has a slash within a part.

    >>> default_key(DatasetProps("crm", Dataset("s3", "bucket/orders"), env="DEV")).path
    ['dev', 's3', 'bucket', 'orders']
    """
    dataset = props.dataset
    name = dataset.name.lower() if props.lowercase else dataset.name
    full = f"{dataset.instance}.{name}" if dataset.instance else name
    above = [dataset.platform] if props.env == _DEFAULT_ENV else [props.env.lower(), dataset.platform]
    return AssetKey([part.encode("utf-8", "replace").decode() or "_" for part in (*above, *full.split("/"))])


_KINDS = {RAW: "kafka", LINEAGE: "kafka", EMISSIONS: "datahub", STALE: "datahub"}
_ABOUT = {
    RAW: "The connectors as Kafka Connect reports them, without secrets; each gets a partition of *connector_lineage*.",
    LINEAGE: (
        "Which dataset feeds which, a partition per connector: edges with evidence, and what is unresolved."
        " **On a new cluster start with the job sync_{cluster}**: it reads the connectors, adds their partitions and"
        " materializes all of them in one run. Materializing a partition here reads that connector again, derives its"
        " lineage and sends it to DataHub. The page at *lineage_page* shows all connectors in one picture."
    ),
    EMISSIONS: "What the runs sent to DataHub and what it acknowledged, in numbers; *Plots* shows them over the runs.",
    STALE: "Flows and jobs whose connector, table or topic vanished: soft-deleted in DataHub.",
}


def _cluster_asset(props: ClusterAssetProps) -> AssetSpec:
    return AssetSpec(
        AssetKey([props.cluster, props.asset]),
        group_name=props.cluster,
        kinds={_KINDS[props.asset]},
        description=_ABOUT[props.asset].format(cluster=props.cluster),
    )


def _dataset(props: DatasetProps) -> AssetSpec:
    dataset = props.dataset
    what = "Topic" if dataset.platform == KAFKA else f"Dataset of {dataset.platform}"
    metadata: dict[str, MetadataValue | str] = {
        "dagster/table_name": dataset.name,
        "dagster/uri": f"{dataset.platform}://{dataset.name}",
        "urn": props.urn,
    }
    if props.datahub_url:
        metadata["datahub"] = MetadataValue.url(props.datahub_url)
    for label, connectors in (("written_by", props.written_by), ("read_by", props.read_by)):
        if connectors:
            metadata[label] = ", ".join(connectors)
    return AssetSpec(
        default_key(props),
        group_name=f"{props.cluster}_datasets",
        kinds={dataset.platform} if _KIND.fullmatch(dataset.platform) else None,
        description=(
            f"{what} in the lineage of the Kafka Connect cluster {props.cluster}, as the last sync found it."
            f"{_who('Written', props.written_by)}{_who('Read', props.read_by)}"
        ),
        metadata=metadata,
    )


def _who(verb: str, connectors: tuple[str, ...]) -> str:
    return f" {verb} by {first_few((f'`{one}`' for one in connectors), _NAMED)}." if connectors else ""
