"""``source.config``: the fields of DataHub's kafka-connect source, as pydantic models.

Source of the fields: docs.datahub.com/docs/generated/ingestion/sources/kafka-connect. Each field's description is what
docs/recipe.md and editors of the component's YAML say of it.
"""

from __future__ import annotations

import re
from typing import Any

import regex
from pydantic import Field, SecretStr, field_validator, model_validator

from kc_lineage_dagster.errors import RecipeError
from kc_lineage_dagster.recipe.servers import ConfluentCatalog, Model, web_address

# com.linkedin.common.FabricType; a test compares it with the installed acryl-datahub
ENVIRONMENTS = frozenset(
    "DEV TEST QA UAT EI PRE STG NON_PROD PROD CORP RVW PRD TST SIT SBX SANDBOX CERT".split()  # noqa: SIM905
)
_MATCH_SECONDS = 1.0  # for one pattern and one name
_LARGE_REPETITION = re.compile(r"\{\d*,?\d{4,}\}")
LONGEST_CLUSTER_NAME = 150  # characters: it names files, URNs and Dagster's jobs
DEFAULT_CONNECT_URI = "http://localhost:8083/"
# Pairs of fields of which one alone has no effect.
_TOGETHER = (
    ("confluent_cloud_environment_id", "confluent_cloud_cluster_id"),
    ("kafka_api_key", "kafka_api_secret"),
)


class ConnectorPatterns(Model):
    """Which names are read, as DataHub's AllowDenyPattern: Python regular expressions, matched from a name's start."""

    allow: list[str] = Field([".*"], description="Python regular expressions of names, matched from their start.")
    deny: list[str] = Field([], description="The same; wins over `allow`.")
    ignoreCase: bool | None = Field(  # noqa: N815 - DataHub's spelling
        True, description="Whether capital and small letters are the same."
    )

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
        """Tell whether a name is allowed, as DataHub's AllowDenyPattern does: ``allow`` matches and ``deny`` does not.

        Raises:
            RecipeError: For a pattern that takes more than a second for one name.

        >>> patterns = ConnectorPatterns(allow=["crm-"], deny=[".*-test$"])
        >>> [name for name in ("crm-sink", "CRM-sink", "crm-test", "old-crm-sink") if patterns.allows(name)]
        ['crm-sink', 'CRM-sink']
        """
        ignore_case = bool(self.ignoreCase)
        if any(_begins(pattern, name, ignore_case) for pattern in self.deny):
            return False
        return any(_begins(pattern, name, ignore_case) for pattern in self.allow)


def _begins(pattern: str, name: str, ignore_case: bool) -> bool:
    """Tell whether the pattern matches from the start of the name, within ``_MATCH_SECONDS``."""
    if _LARGE_REPETITION.search(pattern):  # the regex package expands such a repetition and would take all memory
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

    provider: str = Field(description="Name of Connect's ConfigProvider.")
    path_key: str = Field(description="What stands behind the colon of the reference.")
    value: str = Field(description="The value that the reference stands for.")

    @field_validator("value", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        return str(value) if isinstance(value, (int, float)) else value  # true is True, as in DataHub


class GenericConnector(Model):
    """What the user declares about a connector: the dataset that a source reads, or the dataset that a sink writes."""

    connector_name: str = Field(description="Name of the connector.")
    source_dataset: str | None = Field(None, description="What a source reads, with `source_platform`.")
    source_platform: str | None = Field(None, description="DataHub's name of its platform.")
    target_dataset: str | None = Field(None, description="What a sink writes, with `target_platform`.")
    target_platform: str | None = Field(None, description="DataHub's name of its platform.")

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
    """``stateful_ingestion``: the removal of entities whose connector or table is gone."""

    enabled: bool = Field(True, description="Whether stale entities are looked for.")
    remove_stale_metadata: bool = Field(
        True, description="Soft-delete what vanished; `false` reports what would go and deletes nothing."
    )
    fail_safe_threshold: float = Field(
        75.0, ge=0, le=100, description="Percent of the entities that one run may remove."
    )
    max_checkpoint_state_size: int | None = Field(None, description="Accepted without effect.")
    state_provider: Any = Field(None, description="Accepted without effect.")
    ignore_old_state: bool = Field(False, description="Read no checkpoint that `datahub ingest` left.")
    ignore_new_state: bool = Field(False, description="Write no checkpoint.")


class SourceConfig(Model):
    """``source.config``: every field of DataHub's kafka-connect source."""

    connect_uri: str = Field(
        DEFAULT_CONNECT_URI,
        description="The worker's address, or the path or `file:` URI of a [saved cluster](recipe.md#saved-clusters).",
    )
    username: str | None = Field(
        None, description="User name for basic authentication; on Confluent Cloud the API key."
    )
    password: SecretStr | None = Field(
        None, description="Password for basic authentication; on Confluent Cloud the API secret."
    )
    cluster_name: str | None = Field(
        "connect-cluster",
        max_length=LONGEST_CLUSTER_NAME,
        description="Names the cluster's asset group, jobs and sensor.",
    )
    env: str = Field("PROD", description="DataHub's environment of flows, jobs and datasets.")
    platform_instance: str | None = Field(
        None, description="DataHub's platform instance of the flows, before their names."
    )
    platform_instance_map: dict[str, str] | None = Field(
        None, description="Platform -> platform instance of its datasets."
    )
    connect_to_platform_map: dict[str, dict[str, str]] | None = Field(
        None,
        description="Connector -> platform -> platform instance of its datasets; wins over `platform_instance_map`.",
    )
    convert_lineage_urns_to_lowercase: bool = Field(False, description="Dataset names in lower case.")
    connector_patterns: ConnectorPatterns = Field(
        ConnectorPatterns(), description="Which connectors are read; one that is excluded later counts as gone."
    )
    generic_connectors: list[GenericConnector] = Field(
        [],
        description=(
            "Your word for a connector. It wins over everything derived; topics, references, transforms and "
            "states are read as of every connector."
        ),
    )
    provided_configs: list[ProvidedConfig] | None = Field(
        None, description="Replaces `${provider:path_key}` in connector configurations."
    )
    stateful_ingestion: StatefulIngestion | None = Field(
        None, description="Removal of what vanished; it is on without this field too."
    )
    use_connect_topics_api: bool = Field(
        True, description="Ask Connect which topics a connector has used (its active topics)."
    )
    confluent_cloud_environment_id: str | None = Field(
        None,
        description=(
            "With the cluster's id the place of `connect_uri` on Confluent Cloud. Another address than the "
            "default or Confluent Cloud's is used as it is."
        ),
    )
    confluent_cloud_cluster_id: str | None = Field(None, description="The Kafka cluster on Confluent Cloud, `lkc-...`.")
    kafka_rest_endpoint: str | None = Field(
        None,
        description=(
            "Kafka's REST API (v3), asked which topics exist; on Confluent Cloud the connectors' `kafka.endpoint` "
            "tells it."
        ),
    )
    kafka_api_key: SecretStr | None = Field(None, description="API key for Kafka's REST API.")
    kafka_api_secret: SecretStr | None = Field(None, description="API secret for Kafka's REST API.")
    use_schema_resolver: bool | None = Field(
        None,
        description=(
            "Ask DataHub which tables and columns there are ([catalog.md](catalog.md)); by default only for "
            "Confluent Cloud."
        ),
    )
    schema_resolver_expand_patterns: bool | None = Field(
        None, description="Whether tables are asked for; `null` is yes."
    )
    schema_resolver_finegrained_lineage: bool | None = Field(
        None, description="Whether columns are asked for; `null` is yes."
    )
    confluent_catalog: ConfluentCatalog | None = Field(
        None, description="Confluent Cloud's Stream Catalog ([catalog.md](catalog.md#confluents-stream-catalog))."
    )

    @field_validator("kafka_rest_endpoint")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        return web_address(value)

    @property
    def is_confluent_cloud(self) -> bool:
        """Tell whether the workers are those of Confluent Cloud, by the rule of DataHub's source."""
        uri = self.connect_uri.lower()
        by_id = bool(self.confluent_cloud_environment_id and self.confluent_cloud_cluster_id)
        return by_id or ("api.confluent.cloud" in uri and "/connect/v1/" in uri)

    @property
    def resolves_schemas(self) -> bool:
        """Tell whether DataHub is asked for schemas: ``use_schema_resolver``; by default for Confluent Cloud only."""
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
