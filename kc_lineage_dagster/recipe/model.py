"""A DataHub recipe, field for field, as pydantic models; our own fields stand under ``options``.

Source of the fields: docs.datahub.com/docs/generated/ingestion/sources/kafka-connect and
docs.datahub.com/docs/metadata-ingestion/recipe_overview. Unknown fields are refused: a typo must not change lineage
silently.
"""

from __future__ import annotations

import re
from typing import Any, Literal

import regex
from pydantic import Field, SecretStr, field_validator, model_validator

from kc_lineage_dagster.errors import RecipeError
from kc_lineage_dagster.recipe.servers import ConfluentCatalog, ConnectOptions, Model, SchemaRegistry, web_address

# com.linkedin.common.FabricType; a test compares it with the installed acryl-datahub
ENVIRONMENTS = frozenset(
    "DEV TEST QA UAT EI PRE STG NON_PROD PROD CORP RVW PRD TST SIT SBX SANDBOX CERT".split()  # noqa: SIM905
)
_MATCH_SECONDS = 1.0
_LARGE_REPETITION = re.compile(r"\{\d*,?\d{4,}\}")
LONGEST_CLUSTER_NAME = 150  # characters: it names files, URNs and Dagster's jobs
DEFAULT_CONNECT_URI = "http://localhost:8083/"
PLACE_OF_CONNECTOR = "{connector}"  # in options.external_url
# Fields that DataHub's recipes have at the top and that mean nothing here.
UNUSED_TOP_FIELDS = ("flags", "reporting", "run_id", "failure_log", "recording")
# Fields of ``source.config`` that only together say something.
_TOGETHER = (
    ("confluent_cloud_environment_id", "confluent_cloud_cluster_id"),
    ("kafka_api_key", "kafka_api_secret"),
)


class Patterns(Model):
    """DataHub's AllowDenyPattern: Python regular expressions, matched from the start of the name."""

    allow: list[str] = [".*"]
    deny: list[str] = []
    ignoreCase: bool | None = True  # noqa: N815 - DataHub's spelling

    @field_validator("allow", "deny")
    @classmethod
    def _compiles(cls, value: list[str]) -> list[str]:
        for pattern in value:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"is not a Python regular expression: {error}") from None
        return value

    def allows(self, name: str) -> bool:
        """Decide as DataHub's AllowDenyPattern does: no pattern of ``deny`` matches, and one of ``allow`` does.

        Raises RecipeError for a pattern that would take for ever.
        """
        ignore_case = bool(self.ignoreCase)
        if any(_begins(pattern, name, ignore_case) for pattern in self.deny):
            return False
        return any(_begins(pattern, name, ignore_case) for pattern in self.allow)


def _begins(pattern: str, name: str, ignore_case: bool) -> bool:
    """Tell whether the pattern matches from the start of the name, within ``_MATCH_SECONDS``."""
    if _LARGE_REPETITION.search(pattern):  # the regex package writes it out, and takes all memory for it
        return re.match(pattern, name, re.IGNORECASE if ignore_case else 0) is not None
    try:
        flags = regex.IGNORECASE if ignore_case else 0
        return regex.match(pattern, name, flags, timeout=_MATCH_SECONDS) is not None
    except TimeoutError:
        raise RecipeError(
            f"source.config.connector_patterns: {pattern[:80]!r} takes more than {_MATCH_SECONDS:g} s for the name "
            f"{name[:80]!r}: avoid repetitions of repetitions, such as (a+)+"
        ) from None


class ProvidedConfig(Model):
    """A value for ``${provider:path_key}`` in connector configurations."""

    provider: str
    path_key: str
    value: str

    @field_validator("value", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        return str(value) if isinstance(value, (int, float)) else value  # true is True, as in DataHub


class GenericConnector(Model):
    """The user's word for one connector: its source dataset, or its target dataset when it is a sink."""

    connector_name: str
    source_dataset: str | None = None
    source_platform: str | None = None
    target_dataset: str | None = None
    target_platform: str | None = None

    @model_validator(mode="after")
    def _one_side(self) -> GenericConnector:
        source = (self.source_dataset, self.source_platform)
        target = (self.target_dataset, self.target_platform)
        for one, name in ((source, "source"), (target, "target")):
            if any(one) != all(one):
                raise ValueError(f"{name}_dataset and {name}_platform must be given together")
        if not any(source) and not any(target):
            raise ValueError("source_dataset and source_platform (or target_*, for a sink) are missing")
        return self


class StatefulIngestion(Model):
    """Stale entity removal; ``fail_safe_threshold`` in percent."""

    enabled: bool = True
    remove_stale_metadata: bool = True
    fail_safe_threshold: float = Field(75.0, ge=0, le=100)
    max_checkpoint_state_size: int | None = None
    state_provider: Any = None
    ignore_old_state: bool = False
    ignore_new_state: bool = False


class SourceConfig(Model):
    """``source.config``: every field of DataHub's kafka-connect source."""

    connect_uri: str = DEFAULT_CONNECT_URI
    username: str | None = None
    password: SecretStr | None = None
    cluster_name: str | None = Field("connect-cluster", max_length=LONGEST_CLUSTER_NAME)
    env: str = "PROD"
    platform_instance: str | None = None
    platform_instance_map: dict[str, str] | None = None
    connect_to_platform_map: dict[str, dict[str, str]] | None = None
    convert_lineage_urns_to_lowercase: bool = False
    connector_patterns: Patterns = Patterns()
    generic_connectors: list[GenericConnector] = []
    provided_configs: list[ProvidedConfig] | None = None
    stateful_ingestion: StatefulIngestion | None = None
    use_connect_topics_api: bool = True
    confluent_cloud_environment_id: str | None = None
    confluent_cloud_cluster_id: str | None = None
    kafka_rest_endpoint: str | None = None
    kafka_api_key: SecretStr | None = None
    kafka_api_secret: SecretStr | None = None
    use_schema_resolver: bool | None = None
    schema_resolver_expand_patterns: bool | None = None
    schema_resolver_finegrained_lineage: bool | None = None
    confluent_catalog: ConfluentCatalog | None = None

    @field_validator("kafka_rest_endpoint")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        return web_address(value)

    @property
    def is_confluent_cloud(self) -> bool:
        """Whether the workers are Confluent Cloud's, told as DataHub's source tells it."""
        uri = self.connect_uri.lower()
        by_id = bool(self.confluent_cloud_environment_id and self.confluent_cloud_cluster_id)
        return by_id or ("api.confluent.cloud" in uri and "/connect/v1/" in uri)

    @property
    def resolves_schemas(self) -> bool:
        """``use_schema_resolver``, which is on by itself for Confluent Cloud."""
        return self.is_confluent_cloud if self.use_schema_resolver is None else self.use_schema_resolver

    @field_validator("env")
    @classmethod
    def _known_env(cls, value: str) -> str:
        if value.upper() not in ENVIRONMENTS:
            raise ValueError(f"is not an environment of DataHub; one of {', '.join(sorted(ENVIRONMENTS))}")
        return value.upper()

    @model_validator(mode="after")
    def _pairs(self) -> SourceConfig:
        for one, other in _TOGETHER:
            if bool(getattr(self, one)) != bool(getattr(self, other)):
                given, missing = (one, other) if getattr(self, one) else (other, one)
                raise ValueError(f"{given} is of no use without {missing}")
        return self


class Source(Model):
    """``source``."""

    type: Literal["kafka-connect"]
    config: SourceConfig = SourceConfig()


class Sink(Model):
    """``sink``: any sink of DataHub's registry; its ``config`` is DataHub's own."""

    type: str
    config: dict[str, Any] = {}

    @field_validator("config", mode="before")
    @classmethod
    def _empty(cls, value: object) -> object:
        return {} if value is None else value


class ExternalAssets(Model):
    """Datasets and topics of the last sync as external assets; ``limit``: at most so many of one cluster."""

    enabled: bool = False
    limit: int = Field(500, ge=1, le=10_000)


class Options(Model):
    """``options``: the fields of this project; without them the recipe is one for ``datahub ingest``.

    ``cluster_aliases``: alias of a mirrored Kafka cluster -> platform instance, null for the recipe's own Kafka.
    ``letter_case``: platform -> lower, upper or keep, where dataset names differ from DataHub's default spelling.
    ``schedule``: cron of the sync; ``schedule_enabled`` and ``sensor_enabled`` switch them on without a click.
    ``frontend_url``: DataHub's web address, for links to it. ``external_url``: the page about a connector that DataHub
    links to; ``{connector}`` in it stands for the connector's name.
    ``verify``: compare what DataHub holds with what it acknowledged, each time, and send again what differs.
    ``lock_timeout``: seconds to wait for another run of the same cluster.
    ``prune_after_days``: delete Dagster's runs of this cluster that are older and hold nothing any more, weekly.
    ``page``: where each sync leaves the picture of the cluster: a file that ends in ``.html``, or a folder; a path, or
    an address that fsspec knows (``s3://bucket/lineage/``). null: beside the state, where that is on a disk.
    ``catalog``: DataHub metadata files, or folders of them, with datasets and their schemas. ``topics``: topics that
    exist, or a file with one a line. ``transforms``: what you know of transforms that this project does not, by class.
    ``schema_registry``: asked for schemas; true for those that converters name.
    ``catalog_refresh``: seconds for which answers of catalogues and registries count without being asked for again.
    """

    cluster_aliases: dict[str, str | None] = {}
    letter_case: dict[str, Literal["lower", "upper", "keep"]] = {}
    connect: ConnectOptions = ConnectOptions()
    schedule: str = "0 * * * *"
    timezone: str = "UTC"
    schedule_enabled: bool = False
    sensor_enabled: bool = False
    sensor_interval: int = Field(60, ge=5)
    frontend_url: str | None = None
    external_url: str | None = None
    verify: bool = True
    lock_timeout: float = Field(300, ge=0)
    prune_after_days: float | None = Field(None, ge=1)
    page: str | None = None
    external_assets: ExternalAssets = ExternalAssets()
    catalog: list[str] = []
    topics: list[str] | str = []
    transforms: dict[str, Literal["keeps_topic", "changes_nothing"]] = {}
    schema_registry: SchemaRegistry | None = None
    catalog_refresh: float = Field(14_400, ge=0)

    @field_validator("external_url")
    @classmethod
    def _public_address(cls, value: str | None) -> str | None:
        if value and "@" in value.partition("://")[2].partition("/")[0]:
            raise ValueError("must hold no user and no password: DataHub shows the address to everybody")
        return web_address(value)

    @field_validator("schema_registry", mode="before")
    @classmethod
    def _as_registry(cls, value: object) -> object:
        if isinstance(value, bool):
            return {} if value else None
        return {"url": value} if isinstance(value, str) else value

    @field_validator("catalog", mode="before")
    @classmethod
    def _as_list(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value


class Recipe(Model):
    """One recipe: one Connect cluster, one asset group."""

    source: Source
    sink: Sink | None = None
    pipeline_name: str | None = None
    options: Options = Options()
    flags: Any = None
    reporting: Any = None
    run_id: Any = None
    datahub_api: dict[str, Any] | None = None
    failure_log: Any = None
    recording: Any = None
    transformers: Any = None

    def warnings(self) -> list[str]:
        """Fields that are accepted and have no effect, one line each."""
        top = [name for name in UNUSED_TOP_FIELDS if getattr(self, name) is not None]
        dropped = (
            ["transformers are not applied: what they would add (owners, tags, domains) is not written by this project"]
            if self.transformers
            else []
        )
        return [f"{name} has no effect here" for name in top] + dropped
