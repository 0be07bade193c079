"""The JSON schema of the component's attributes: the recipe's own models, for ``dg`` and editors to complete and check.

The schema is strict, so that ``dg check yaml`` points at the line of a mistake. Loading is not: a mistake becomes a job
that says so (``component.py``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kc_lineage_dagster.recipe.model import Recipe

_FIELDS = ("source", "sink", "pipeline_name", "options")
_TEMPLATE = {"type": "string", "pattern": r"\{\{|\$\{"}  # a value that is known only when it is looked up
_FIXED = ("boolean", "integer", "number")  # types that no template has: a template must be allowed beside them

# Path of a field -> what it is in a component, where that differs from a recipe.
_IN_A_COMPONENT = {
    "source.config.connect_uri": "The worker's address, or the path of a saved cluster, relative to this folder.",
    "source.config.username": "User name for the worker; write `${VAR}`.",
    "source.config.password": "Password for the worker; write `${VAR}`: it is looked up in the run.",
    "source.config.cluster_name": "Names the cluster's group, jobs and sensor; by default this folder's name.",
}
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")  # a link within docs/, where the same descriptions stand
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
    """Return the JSON schema of the component's attributes."""
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
    """Return a schema with its models in place, descriptions, and templates allowed wherever a fixed type stands.

    Args:
        node: The schema as pydantic gives it.
        path: The path of its field, for ``_IN_A_COMPONENT``.
        models: Name -> schema of the models that the node may refer to.
    """
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
    if path in _IN_A_COMPONENT:
        shown["description"] = _IN_A_COMPONENT[path]
    elif "description" in shown:
        shown["description"] = _LINK.sub(r"\1", shown["description"])
    return shown
