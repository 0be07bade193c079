"""Confluent's sources for Azure Event Hubs and Azure Service Bus copy one hub, queue or topic into one Kafka topic.

``azure.eventhubs.hub.name`` or ``azure.servicebus.entity.name`` names what is read, ``kafka.topic`` where it goes.
Lenses' connectors of the same simple names read KCQL and are in ``lenses``.

Source: https://docs.confluent.io/kafka-connectors/azure-event-hubs/current/source_connector_config.html,
https://docs.confluent.io/kafka-connectors/azure-servicebus/current/service_bus_source_connector_config.html
"""

from __future__ import annotations

from kc_lineage_dagster.derive.family import SourceFamily
from kc_lineage_dagster.derive.readers.places import place
from kc_lineage_dagster.derive.readers.topic_sources import into_topic

_DOCS = "https://docs.confluent.io/kafka-connectors"
_HUB, _ENTITY = "azure.eventhubs.hub.name", "azure.servicebus.entity.name"
_SPELLED = "the namespace is left to the platform instance (DataHub has no ingestion of it)"

FAMILIES = (
    SourceFamily(
        name="azure_event_hubs_source",
        classes=("io.confluent.connect.azure.eventhubs.EventHubsSourceConnector", "AzureEventHubsSource"),
        platform="eventhubs",
        reads=into_topic(place("eventhubs", _HUB)),
        rule=f"{_DOCS}/azure-event-hubs/current/source_connector_config.html",
        naming=("kafka.topic", _HUB),
        spelled=f"the hub; {_SPELLED}",
    ),
    SourceFamily(
        name="azure_service_bus_source",
        classes=("io.confluent.connect.azure.servicebus.ServiceBusSourceConnector", "AzureServiceBusSource"),
        platform="servicebus",
        reads=into_topic(place("servicebus", _ENTITY)),
        rule=f"{_DOCS}/azure-servicebus/current/service_bus_source_connector_config.html",
        naming=("kafka.topic", _ENTITY),
        never_known="an entity that only a connection string names",
        spelled=f"the queue or topic; {_SPELLED}",
    ),
)
