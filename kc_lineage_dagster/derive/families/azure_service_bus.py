"""Azure Service Bus, Confluent's own: one queue or topic into one topic. Lenses' of the same simple name read KCQL."""

from __future__ import annotations

from kc_lineage_dagster.derive.family import SourceFamily
from kc_lineage_dagster.derive.readers.places import place
from kc_lineage_dagster.derive.readers.topic_sources import into_topic

_ENTITY = "azure.servicebus.entity.name"

FAMILY = SourceFamily(
    name="azure_service_bus_source",
    classes=("io.confluent.connect.azure.servicebus.ServiceBusSourceConnector", "AzureServiceBusSource"),
    platform="servicebus",
    reads=into_topic(place("servicebus", _ENTITY)),
    rule="https://docs.confluent.io/kafka-connectors/azure-servicebus/current/service_bus_source_connector_config.html",
    naming=("kafka.topic", _ENTITY),
    never_known="an entity that only a connection string names",
    spelled="the queue or topic; the namespace is left to the platform instance (DataHub has no ingestion of it)",
)
