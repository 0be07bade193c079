"""Microsoft's connectors for Azure IoT Hub copy what devices send to a hub into one topic (``Kafka.Topic``), and topics
to devices as commands.

The source reads the hub's built-in endpoint, which is an Event Hub: ``IotHub.EventHubCompatibleName``. Devices are no
datasets.

Source: https://github.com/Azure/toketi-kafka-connect-iothub
"""

from __future__ import annotations

from kc_lineage_dagster.derive.family import SinkFamily, SourceFamily
from kc_lineage_dagster.derive.readers.places import no_dataset, place
from kc_lineage_dagster.derive.readers.topic_sources import into_topic

_TOPIC, _HUB = "Kafka.Topic", "IotHub.EventHubCompatibleName"
_RULE = "https://github.com/Azure/toketi-kafka-connect-iothub"

FAMILIES = (
    SourceFamily(
        name="iot_hub_source",
        classes=("com.microsoft.azure.iot.kafka.connect.source.IotHubSourceConnector",),
        platform="eventhubs",
        reads=into_topic(place("eventhubs", _HUB), _TOPIC),
        rule=_RULE,
        naming=(_TOPIC, _HUB),
        spelled="the Event Hub; the namespace is left to the platform instance (DataHub has no ingestion of it)",
    ),
    SinkFamily(
        name="iot_hub_sink",
        classes=("com.microsoft.azure.iot.kafka.connect.sink.IotHubSinkConnector",),
        platform="(no dataset)",
        writes=no_dataset("is sent to devices, which are no dataset of a catalog"),
        rule=_RULE,
        never_known="the devices",
    ),
)
