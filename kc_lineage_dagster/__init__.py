"""Kafka Connect lineage as Dagster assets, kept true in DataHub.

- ``build_definitions(recipe)``: the definitions of one recipe, or of a folder of recipes, for your own Dagster project.
- ``KafkaConnectLineageComponent``: the same as a Dagster component.
- ``KafkaConnectLineageTranslator``: the keys, groups and descriptions of these assets, for you to override.
- ``KafkaConnectResource``, ``DataHubResource``: clients of Kafka Connect and DataHub, for your own assets.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kc_lineage_dagster.defs.build import build_definitions
    from kc_lineage_dagster.defs.component import KafkaConnectLineageComponent
    from kc_lineage_dagster.defs.resources import DataHubResource, KafkaConnectResource
    from kc_lineage_dagster.defs.translator import KafkaConnectLineageTranslator

__all__ = [
    "DataHubResource",
    "KafkaConnectLineageComponent",
    "KafkaConnectLineageTranslator",
    "KafkaConnectResource",
    "build_definitions",
]

# Imported when they are first used, so that the core works without loading Dagster.
_HOMES = {
    "DataHubResource": "kc_lineage_dagster.defs.resources",
    "KafkaConnectLineageComponent": "kc_lineage_dagster.defs.component",
    "KafkaConnectLineageTranslator": "kc_lineage_dagster.defs.translator",
    "KafkaConnectResource": "kc_lineage_dagster.defs.resources",
    "build_definitions": "kc_lineage_dagster.defs.build",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *_HOMES]
