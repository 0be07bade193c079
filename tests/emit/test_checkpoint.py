"""DataHub's own checkpoint: written by DataHub's classes and read by us, and the other way round."""

from __future__ import annotations

import pytest
from datahub.emitter.mcp import MetadataChangeProposalWrapper
from datahub.ingestion.api.common import PipelineContext
from datahub.ingestion.api.decorators import platform_name
from datahub.ingestion.graph.client import DataHubGraph
from datahub.ingestion.graph.config import DatahubClientConfig
from datahub.ingestion.run.pipeline import Pipeline
from datahub.ingestion.source.state.checkpoint import Checkpoint
from datahub.ingestion.source.state.entity_removal_state import GenericCheckpointState
from datahub.ingestion.source.state.stale_entity_removal_handler import (
    StaleEntityRemovalSourceReport,
    StatefulStaleMetadataRemovalConfig,
)
from datahub.ingestion.source.state.stateful_ingestion_base import (
    StatefulIngestionConfigBase,
    StatefulIngestionSourceBase,
)
from datahub.ingestion.source.state_provider.datahub_ingestion_checkpointing_provider import (
    DatahubIngestionCheckpointingProvider,
)
from datahub.metadata.schema_classes import DataFlowInfoClass

from kc_lineage_dagster.emit.checkpoint import checkpoint_proposals, checkpoint_urn, job_name, read_checkpoint
from kc_lineage_dagster.emit.sinks import open_sink
from kc_lineage_dagster.errors import SinkError
from tests.emit import gms as faults
from tests.emit.gms import Gms

URNS = {f"urn:li:dataFlow:(kafka-connect,c{at},PROD)" for at in range(100)}


class _Settings(StatefulIngestionConfigBase[StatefulStaleMetadataRemovalConfig]):
    names: list[str]


@platform_name("Kafka Connect", id="kafka-connect")
class Flows(StatefulIngestionSourceBase):
    """A source of DataHub's that emits flows as its kafka-connect source does, without needing a JVM."""

    platform = "kafka-connect"

    def __init__(self, config, ctx):
        super().__init__(config, ctx)
        self.config, self.report = config, StaleEntityRemovalSourceReport()

    @classmethod
    def create(cls, config_dict, ctx):
        return cls(_Settings.model_validate(config_dict), ctx)

    def get_workunits_internal(self):
        for name in self.config.names:
            flow = f"urn:li:dataFlow:(kafka-connect,{name},PROD)"
            yield MetadataChangeProposalWrapper(entityUrn=flow, aspect=DataFlowInfoClass(name=name)).as_workunit()

    def get_report(self):
        return self.report


def ingest(gms, names):
    """`datahub ingest` with a pipeline name and stateful ingestion."""
    removal = {"enabled": True, "fail_safe_threshold": 100}
    source = {"type": f"{__name__}:Flows", "config": {"names": names, "stateful_ingestion": removal}}
    sink = {"type": "datahub-rest", "config": {"server": gms.url, "mode": "SYNC"}}
    pipeline = Pipeline.create({"pipeline_name": "p", "source": source, "sink": sink}, report_to=None)
    pipeline.run()
    pipeline.raise_from_status(raise_warnings=True)


@pytest.fixture
def gms():
    with Gms(queued=True) as served:
        yield served


@pytest.fixture
def sink(gms):
    opened = open_sink("datahub-rest", {"server": gms.url, "token": "secret-token"}, run_id="run-1")
    yield opened
    opened.close()


def provider(gms):
    graph = DataHubGraph(DatahubClientConfig(server=gms.url))
    context = PipelineContext(run_id="theirs", graph=graph, pipeline_name="p")
    return DatahubIngestionCheckpointingProvider.create({}, context)


def commit(gms, urns, run_id="theirs"):
    """As `datahub ingest` does at the end of a run."""
    checkpoint = Checkpoint(job_name(), "p", run_id, GenericCheckpointState(urns=sorted(urns)))
    committed = provider(gms)
    committed.state_to_commit[job_name()] = checkpoint.to_checkpoint_aspect(2**22)
    committed.commit()


def test_its_place_is_datahubs():
    """The DataJob that DataHub's kafka-connect source keeps its state on."""
    assert checkpoint_urn("p") == (
        "urn:li:dataJob:(urn:li:dataFlow:(datahub,p,prod),kafka-connect_stale_entity_removal)"
    )


def test_a_checkpoint_of_datahub_is_read(gms, sink):
    """The latest checkpoint of this very pipeline is read."""
    commit(gms, {"urn:li:dataFlow:(kafka-connect,older,PROD)"})
    gms.timeseries[0][2]["timestampMillis"] -= 1_000
    commit(gms, URNS)
    assert read_checkpoint(sink.emitter, "p") == URNS
    assert read_checkpoint(sink.emitter, "another") is None


def test_datahub_reads_our_checkpoint(gms, sink):
    """So that a user can go back to `datahub ingest` and have stale entities removed."""
    report = sink.send(checkpoint_proposals("p", "run-1", URNS), lambda _: None)
    assert report.ok
    assert gms.problems == []
    aspect = provider(gms).get_latest_checkpoint("p", job_name())
    assert aspect.runId == "run-1"
    found = Checkpoint.create_from_checkpoint_aspect(job_name(), aspect, GenericCheckpointState)
    assert set(found.state.urns) == URNS
    assert gms.aspects[checkpoint_urn("p"), "status"]["removed"] is True
    assert read_checkpoint(sink.emitter, "p") == URNS


@pytest.mark.slow
def test_datahub_ingest_and_we_take_over_from_each_other(gms, sink):
    """What `datahub ingest` made we know; what we made and is stale it removes, by DataHub's own code."""
    names = {name: f"urn:li:dataFlow:(kafka-connect,{name},PROD)" for name in "abc"}
    ingest(gms, ["a", "b"])
    assert read_checkpoint(sink.emitter, "p") == {names["a"], names["b"]}
    sink.send(checkpoint_proposals("p", "run-1", names.values()), lambda _: None)
    ingest(gms, ["b"])
    assert gms.entities(removed=True) & set(names.values()) == {names["a"], names["c"]}
    assert read_checkpoint(sink.emitter, "p") == {names["b"]}


@pytest.mark.slow
def test_a_large_cluster_fits(gms, sink):
    """The checkpoint of 10,000 connectors with six jobs each is read back whole."""
    many = {f"urn:li:dataJob:(urn:li:dataFlow:(kafka-connect,c{at % 10_000},PROD),t{at})" for at in range(60_000)}
    sink.send(checkpoint_proposals("p", "run-1", many), lambda _: None)
    assert read_checkpoint(sink.emitter, "p") == many


@pytest.mark.parametrize("fault", [faults.everything(503), lambda _: faults.Answer(200, faults.HTML, "text/html")])
def test_a_checkpoint_that_cannot_be_read_is_an_error_not_an_empty_one(gms, sink, fault):
    """Taken for an empty one, it would leave what `datahub ingest` made in DataHub for ever."""
    commit(gms, URNS)
    gms.fault = fault
    with pytest.raises(SinkError, match="checkpoint of pipeline p cannot be read") as error:
        read_checkpoint(sink.emitter, "p")
    assert "secret-token" not in str(error.value)
