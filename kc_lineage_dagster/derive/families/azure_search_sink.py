"""Confluent's sink to Azure AI Search (once Cognitive Search) copies each topic into an index.

``index.name`` names the index, with ``${topic}`` for the topic; without it the index has the topic's name.

Source: https://docs.confluent.io/kafka-connectors/azure-search/current/azure_search_sink_connector_config.html
"""

from __future__ import annotations

from kc_lineage_dagster.derive.family import SinkFamily
from kc_lineage_dagster.derive.readers.places import by_topic

FAMILY = SinkFamily(
    name="azure_search_sink",
    classes=("io.confluent.connect.azure.search.AzureSearchSinkConnector", "AzureCognitiveSearchSink"),
    platform="azuresearch",
    writes=by_topic("azuresearch", "index.name"),
    rule="https://docs.confluent.io/kafka-connectors/azure-search/current/azure_search_sink_connector_config.html",
    naming=("index.name",),
    spelled="the index; the service is left to the platform instance (DataHub has no platform of it)",
)
