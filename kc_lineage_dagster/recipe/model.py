"""A DataHub recipe, field for field, as pydantic models; our own fields stand under ``options``.

Source of the fields: docs.datahub.com/docs/metadata-ingestion/recipe_overview. Unknown fields are refused: a typo must
not change lineage silently. Each field's description is what docs/recipe.md and editors of the component's YAML say.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from kc_lineage_dagster.recipe.servers import ConnectOptions, Model, SchemaRegistry, web_address
from kc_lineage_dagster.recipe.source import SourceConfig

PLACE_OF_CONNECTOR = "{connector}"  # stands for the connector's name in options.external_url
# Top-level fields of DataHub's recipes that are accepted and have no effect here.
UNUSED_TOP_FIELDS = ("flags", "reporting", "run_id", "failure_log", "recording")


class RecipeSource(Model):
    """``source``: the kind of source, and its configuration."""

    type: Literal["kafka-connect"] = Field(description="Always `kafka-connect`.")
    config: SourceConfig = Field(SourceConfig(), description="Every field of DataHub's own `kafka-connect` source.")


class RecipeSink(Model):
    """``sink``: any sink of DataHub's registry; its ``config`` is DataHub's own."""

    type: str = Field(
        description="A sink of DataHub's registry: `datahub-rest`, `datahub-lite`, `file`, `console`, ..."
    )
    config: dict[str, Any] = Field(
        {}, description="DataHub's own configuration of that sink, for example `server` and `token`."
    )

    @field_validator("config", mode="before")
    @classmethod
    def _empty(cls, value: object) -> object:
        return {} if value is None else value


class ExternalAssets(Model):
    """``options.external_assets``: datasets and topics of the last sync as external assets of Dagster."""

    enabled: bool = Field(False, description="Whether they stand in Dagster's graph.")
    limit: int = Field(500, ge=1, le=10_000, description="At most so many of one cluster.")


class Options(Model):
    """``options``: the fields of this project; without them the recipe is one for ``datahub ingest``."""

    cluster_aliases: dict[str, str | None] = Field(
        {},
        description=(
            "Alias of a mirrored Kafka cluster (`source.cluster.alias`) -> platform instance, `null` for the "
            "recipe's own Kafka. Without it the far end of a mirror is unresolved. Replicator has no alias: its "
            "`src.kafka.bootstrap.servers` stand for it."
        ),
    )
    letter_case: dict[str, Literal["lower", "upper", "keep"]] = Field(
        {},
        description=(
            "Platform -> `lower`, `upper` or `keep`, where your DataHub spells dataset names differently from its "
            "defaults."
        ),
    )
    connect: ConnectOptions = Field(ConnectOptions(), description="How to reach the worker, beyond `source.config`.")
    schedule: str = Field("0 * * * *", description="Cron of the sync.")
    timezone: str = Field("UTC", description="Time zone of the schedules.")
    schedule_enabled: bool = Field(False, description="Switch the schedules on without a click.")
    sensor_enabled: bool = Field(False, description="Switch the sensor on without a click.")
    sensor_interval: int = Field(60, ge=5, description="Seconds between two ticks of the sensor.")
    frontend_url: str | None = Field(None, description="DataHub's web address, for links to it.")
    external_url: str | None = Field(
        None,
        description=(
            'The page about a connector that DataHub links to ("View in ..."); `{connector}` stands for its name: '
            "`https://akhq.example.com/ui/prod/connect/main/definition/{connector}`. By default the console "
            "of Confluent Cloud for its workers, else none."
        ),
    )
    verify: bool = Field(
        True,
        description=(
            "Each sync compares what a GMS holds with what it acknowledged, and sends again what was restored, "
            "deleted or overwritten there."
        ),
    )
    lock_timeout: float = Field(300, ge=0, description="Seconds to wait for another run of the same cluster.")
    prune_after_days: float | None = Field(
        None,
        ge=1,
        description=(
            "Switches on the schedule `<slug>_prune`: weekly, runs of this cluster that are older and hold "
            "nothing any more are deleted from Dagster's history."
        ),
    )
    page: str | None = Field(
        None,
        description=(
            "Where each sync leaves the picture of the cluster: a file that ends in `.html`, or a folder for "
            "`<cluster>.html`; a path, or an address that fsspec knows (`s3://bucket/lineage/`). By default "
            "beside the state, where that is on a disk."
        ),
    )
    external_assets: ExternalAssets = Field(
        ExternalAssets(), description="Tables and topics of the last sync as assets of their own in Dagster's graph."
    )
    catalog: list[str] = Field(
        [],
        description=(
            "DataHub metadata files as its file sink writes them, or folders of such: one path or a list. The "
            "datasets and schemas in them are known without any server ([catalog.md](catalog.md#files))."
        ),
    )
    topics: list[str] | str = Field([], description="Topics that exist: a list, or a file with one a line.")
    transforms: dict[str, Literal["keeps_topic", "changes_nothing"]] = Field(
        {},
        description=(
            "Your word for transforms of your own, by class: `com.acme.MaskPii: keeps_topic` (it renames no "
            "topic; what it does to fields stays unknown) or `changes_nothing`."
        ),
    )
    schema_registry: SchemaRegistry | None = Field(
        None,
        description=(
            "Asks schema registries for the fields of topics: `true` for those that the connectors' converters "
            "name, or your own ([catalog.md](catalog.md#schema-registries))."
        ),
    )
    catalog_refresh: float = Field(
        14_400,
        ge=0,
        description=(
            "Seconds for which answers of DataHub, registries and Kafka count without being asked for again; 0: "
            "every run asks."
        ),
    )

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
    """One recipe: one Connect cluster, which is one asset group of Dagster."""

    source: RecipeSource = Field(description="The Kafka Connect cluster: `type: kafka-connect` and `config`.")
    sink: RecipeSink | None = Field(
        None, description="Where lineage goes; without it DataHub's own default (`DATAHUB_GMS_URL` or `~/.datahubenv`)."
    )
    pipeline_name: str | None = Field(
        None, description="Name of DataHub's stateful ingestion, to share its checkpoint with `datahub ingest`."
    )
    options: Options = Field(
        Options(), description="This project's own fields; without them the file is a recipe for `datahub ingest`."
    )
    flags: Any = Field(None, description="Accepted with a warning, without effect.")
    reporting: Any = Field(None, description="Accepted with a warning, without effect.")
    run_id: Any = Field(None, description="Accepted with a warning, without effect.")
    datahub_api: dict[str, Any] | None = Field(
        None, description="The DataHub to ask where the sink is none: `server`, `token`, ... as in DataHub's recipes."
    )
    failure_log: Any = Field(None, description="Accepted with a warning, without effect.")
    recording: Any = Field(None, description="Accepted with a warning, without effect.")
    transformers: Any = Field(
        None, description="Accepted with a warning: what they would add to flows and jobs is not written."
    )

    def warnings(self) -> list[str]:
        """Return one line for each field that is set and has no effect."""
        top = [name for name in UNUSED_TOP_FIELDS if getattr(self, name) is not None]
        dropped = (
            ["transformers are not applied: what they would add (owners, tags, domains) is not written by this project"]
            if self.transformers
            else []
        )
        return [f"{name} has no effect here" for name in top] + dropped
