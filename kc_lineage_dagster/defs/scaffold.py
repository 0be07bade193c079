"""What ``dg scaffold defs kc_lineage_dagster.KafkaConnectLineageComponent NAME`` writes: a recipe to fill in."""

# no `from __future__ import annotations`: Dagster reads the parameters from the annotations themselves

from dagster import Scaffolder, ScaffoldRequest, scaffold_component
from pydantic import BaseModel, Field


class ScaffoldParams(BaseModel):
    """Options of ``dg scaffold defs kc_lineage_dagster.KafkaConnectLineageComponent``."""

    connect_uri: str = Field("http://localhost:8083", description="URL of the Kafka Connect worker")
    datahub_server: str = Field("http://localhost:8080", description="URL of DataHub's GMS")


class KafkaConnectLineageScaffolder(Scaffolder[ScaffoldParams]):
    """Writes the ``defs.yaml`` of a new component."""

    @classmethod
    def get_scaffold_params(cls) -> type[ScaffoldParams]:
        """Return the options of the command."""
        return ScaffoldParams

    def scaffold(self, request: ScaffoldRequest[ScaffoldParams]) -> None:
        """Write ``defs.yaml``; the cluster is called as the component's folder is."""
        params = request.params
        source = {
            "type": "kafka-connect",
            "config": {
                "cluster_name": request.target_path.name,
                "connect_uri": params.connect_uri,
                "username": "${CONNECT_USER:-}",
                "password": "${CONNECT_PASSWORD:-}",
            },
        }
        sink = {"type": "datahub-rest", "config": {"server": params.datahub_server, "token": "${DATAHUB_TOKEN:-}"}}
        options = {"sensor_enabled": False, "schedule_enabled": False, "external_assets": {"enabled": True}}
        scaffold_component(request, {"source": source, "sink": sink, "options": options})
