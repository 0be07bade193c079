"""Aerospike's sink copies topics into sets of Aerospike, and nothing that can be asked says into which.

Namespaces and sets stand in the file ``config-file`` beside the worker, which no API shows: every topic is unresolved.

Source: https://aerospike.com/docs/connectors/kafka/inbound/configuration
"""

from __future__ import annotations

from kc_lineage_dagster.derive.family import SinkFamily
from kc_lineage_dagster.derive.readers.places import no_dataset

FAMILY = SinkFamily(
    name="aerospike_sink",
    classes=("com.aerospike.connect.kafka.inbound.AerospikeSinkConnector",),
    platform="aerospike",
    writes=no_dataset("goes where the file of config-file on the worker says, which the API does not show"),
    rule="https://aerospike.com/docs/connectors/kafka/inbound/configuration",
    never_known="namespaces and sets",
)
