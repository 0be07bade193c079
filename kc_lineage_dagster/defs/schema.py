"""The JSON schema of the component's attributes: the recipe's own models, for ``dg`` and editors to complete and check.

The schema is strict, so that ``dg check yaml`` points at the line of a mistake. Loading is not: a mistake becomes a job
that says so (``component.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kc_lineage_dagster.recipe.model import Recipe

_FIELDS = ("source", "sink", "pipeline_name", "options")
_TEMPLATE = {"type": "string", "pattern": r"\{\{|\$\{"}  # a value that is known only when it is looked up
_FIXED = ("boolean", "integer", "number")

# Path of a field -> what it is, where the model's own description says less.
_ABOUT = {
    "source": "The Kafka Connect cluster: `type: kafka-connect` and `config`, as in a DataHub recipe.",
    "source.config": "Every field of DataHub's own kafka-connect source.",
    "source.config.connect_uri": "URL of the worker, or the path of a saved cluster, relative to this folder.",
    "source.config.username": "User name for the worker; write `${VAR}`.",
    "source.config.password": "Password for the worker; write `${VAR}`: it is looked up in the run.",
    "source.config.cluster_name": "Names the cluster's group, job and sensor; by default this folder's name.",
    "source.config.env": "DataHub's environment of all datasets.",
    "source.config.platform_instance": "DataHub's platform instance of the connectors.",
    "source.config.platform_instance_map": "Platform -> platform instance of its datasets.",
    "source.config.connect_to_platform_map": "Connector -> platform -> platform instance of its datasets.",
    "source.config.convert_lineage_urns_to_lowercase": "Turn dataset names into small letters.",
    "source.config.connector_patterns": "Which connectors are read: `allow` and `deny`, regular expressions.",
    "source.config.generic_connectors": "Your word for connectors that are not understood.",
    "source.config.provided_configs": "Values for `${provider:key}` in connector configurations.",
    "source.config.stateful_ingestion": "Removal of what vanished.",
    "source.config.use_connect_topics_api": "Ask Connect which topics a connector has used.",
    "sink": "Where lineage goes, as in a DataHub recipe; by default DataHub at http://localhost:8080.",
    "sink.type": "A sink of DataHub's registry, for example `datahub-rest` or `file`.",
    "sink.config": "DataHub's own configuration of that sink, for example `server` and `token`.",
    "pipeline_name": "Name of DataHub's stateful ingestion, to share its checkpoint.",
    "options": "What DataHub's recipe has no field for.",
    "options.cluster_aliases": "Alias of a mirrored Kafka cluster -> platform instance; null for this cluster's own.",
    "options.letter_case": "Platform -> `lower`, `upper` or `keep`: how its dataset names are spelled in DataHub.",
    "options.schedule": "Cron of the sync.",
    "options.schedule_enabled": "Switch the schedules on without a click.",
    "options.sensor_enabled": "Switch the sensor on without a click.",
    "options.sensor_interval": "Seconds between two ticks of the sensor.",
    "options.timezone": "Time zone of the schedules.",
    "options.frontend_url": "URL of DataHub's web interface, for links.",
    "options.external_url": "Page about a connector that DataHub links to; `{connector}` stands for its name.",
    "options.lock_timeout": "Seconds to wait for another run of the same cluster.",
    "options.prune_after_days": "Delete older runs of this cluster from Dagster's history, weekly.",
    "options.external_assets": "Tables and topics as assets of their own in Dagster's graph.",
    "options.connect": "How to reach the worker, beyond `source.config`; times in seconds.",
}
_TRANSLATION = {
    "type": ["object", "string"],
    "description": (
        "How assets look: `owners`, `tags`, `metadata`, `group_name`, `key_prefix`, `kinds`, `description`,"
        " `automation_condition`; templates may use `props` and `spec`."
    ),
}
_DEFS_STATE = {
    "type": ["object", "null"],
    "description": "Where the tables and topics for the asset graph are kept between two loads of the definitions.",
    "properties": {
        "key": {"type": ["string", "null"]},
        "management_type": {"enum": ["LOCAL_FILESYSTEM", "VERSIONED_STATE_STORAGE", "LEGACY_CODE_SERVER_SNAPSHOTS"]},
        "refresh_if_dev": {"type": "boolean"},
    },
}


def attributes_schema() -> dict[str, Any]:
    """Return the JSON schema of the attributes."""
    recipe = Recipe.model_json_schema()
    found = {name: _node(recipe["properties"][name], name, recipe.get("$defs", {})) for name in _FIELDS}
    return {
        "type": "object",
        "title": "KafkaConnectLineageComponent",
        "properties": {**found, "translation": _TRANSLATION, "defs_state": _DEFS_STATE},
        "required": ["source"],
        "additionalProperties": False,
    }


def _node(node: Mapping[str, Any], path: str, models: Mapping[str, Any]) -> dict[str, Any]:
    """A schema with its models in place, descriptions, and templates allowed wherever a fixed type stands."""
    if len(node.get("allOf", ())) == 1:  # how older releases of pydantic write a model with a default
        node = {**node["allOf"][0], **{key: value for key, value in node.items() if key != "allOf"}}
    if "$ref" in node:
        model = models[str(node["$ref"]).rpartition("/")[2]]
        node = {**model, **{key: value for key, value in node.items() if key != "$ref"}}
    shown = {key: value for key, value in node.items() if key not in ("title", "writeOnly", "format")}
    if "anyOf" in node:
        shown["anyOf"] = [_node(one, path, models) for one in node["anyOf"]]
    if "properties" in node:
        properties = node["properties"].items()
        shown["properties"] = {name: _node(one, f"{path}.{name}", models) for name, one in properties}
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), Mapping):
            shown[key] = _node(node[key], path, models)
    if shown.get("type") in _FIXED or "enum" in shown or "const" in shown:
        kept: dict[str, Any] = {key: shown.pop(key) for key in ("description", "default", "examples") if key in shown}
        shown = {**kept, "anyOf": [shown, _TEMPLATE]}
    if path in _ABOUT:
        shown["description"] = _ABOUT[path]
    return shown
