"""Azure Event Hubs, Confluent's own: one hub into one topic. Lenses' connector of the same simple name reads KCQL."""

from __future__ import annotations

from kc_lineage_dagster.derive.family import SourceFamily
from kc_lineage_dagster.derive.readers.places import place
from kc_lineage_dagster.derive.readers.topic_sources import into_topic

_HUB = "azure.eventhubs.hub.name"

FAMILY = SourceFamily(
    name="azure_event_hubs_source",
    classes=("io.confluent.connect.azure.eventhubs.EventHubsSourceConnector", "AzureEventHubsSource"),
    platform="eventhubs",
    reads=into_topic(place("eventhubs", _HUB)),
    rule="https://docs.confluent.io/kafka-connectors/azure-event-hubs/current/source_connector_config.html",
    naming=("kafka.topic", _HUB),
    spelled="the hub; the namespace is left to the platform instance (DataHub has no ingestion of it)",
)
