"""DataHub's own stateful-ingestion checkpoint, read and written so that people can leave `datahub ingest` and go back.

This project removes stale entities that an earlier `datahub ingest` made; and a later `datahub ingest` finds the
entities that this project emitted. The checkpoint is the timeseries aspect ``datahubIngestionCheckpoint`` of a DataJob
named after the pipeline; its state is a list of URNs (``GenericCheckpointState``).

Source: ``datahub.ingestion.source.state`` of DataHub's client.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

import requests

from kc_lineage_dagster.emit.aspects import Proposal
from kc_lineage_dagster.emit.delivery import explain
from kc_lineage_dagster.emit.gms_session import graph_of
from kc_lineage_dagster.errors import SinkError

if TYPE_CHECKING:
    from datahub.emitter.rest_emitter import DataHubRestEmitter

_PLATFORM = "kafka-connect"
_MAX_STATE_BYTES = 2**22  # DataHub: checkpoint.DEFAULT_MAX_STATE_SIZE


def job_name() -> str:
    """Return the name under which DataHub's kafka-connect source keeps its state."""
    from datahub.ingestion.source.state.stale_entity_removal_handler import StaleEntityRemovalHandler

    return str(StaleEntityRemovalHandler.compute_job_id(_PLATFORM))


def checkpoint_urn(pipeline_name: str) -> str:
    """Return the URN of the DataJob that carries the checkpoint of a pipeline (``pipeline_name`` of the recipe)."""
    from datahub.emitter.mce_builder import make_data_job_urn

    return str(make_data_job_urn("datahub", pipeline_name, job_name()))


def read_checkpoint(emitter: DataHubRestEmitter, pipeline_name: str) -> frozenset[str] | None:
    """Return the URNs that the last checkpoint of a pipeline lists; None when the pipeline has no checkpoint.

    Both ``datahub ingest`` and this project write checkpoints.

    Raises:
        SinkError: When DataHub does not answer or the state is not readable: without the checkpoint nobody can tell
            which entities are stale.
    """
    from datahub.configuration.common import MetaError
    from datahub.ingestion.source.state.checkpoint import Checkpoint
    from datahub.ingestion.source.state.entity_removal_state import GenericCheckpointState
    from datahub.metadata.schema_classes import DatahubIngestionCheckpointClass

    try:
        aspect = graph_of(emitter).get_latest_timeseries_value(
            entity_urn=checkpoint_urn(pipeline_name),
            aspect_type=DatahubIngestionCheckpointClass,
            filter_criteria_map={"pipelineName": pipeline_name},
        )
        found = Checkpoint.create_from_checkpoint_aspect(job_name(), aspect, GenericCheckpointState)
    except (MetaError, requests.RequestException, ValueError) as error:
        raise SinkError(
            f"the checkpoint of pipeline {pipeline_name} cannot be read, so nothing is removed: {explain(error)}; with"
            " stateful_ingestion.ignore_old_state it is not asked for"
        ) from None
    return None if found is None else frozenset(found.state.urns)


def checkpoint_proposals(pipeline_name: str, run_id: str, urns: Iterable[str]) -> tuple[Proposal, ...]:
    """Return the proposals that write a pipeline's next checkpoint.

    As DataHub does, the DataJob that carries the checkpoint is hidden from search (``removed``), with a fresh time so
    that DataHub's garbage collection leaves it alone.

    Args:
        pipeline_name: Of the recipe.
        run_id: Of the run that writes the checkpoint.
        urns: The entities that DataHub holds now, those that are still to be removed included.

    Raises:
        SinkError: When the state is larger than DataHub takes (4 MB compressed).
    """
    from datahub.emitter.mce_builder import SYSTEM_ACTOR
    from datahub.emitter.serialization_helper import pre_json_transform
    from datahub.ingestion.source.state.checkpoint import Checkpoint
    from datahub.ingestion.source.state.entity_removal_state import GenericCheckpointState

    state = GenericCheckpointState(urns=sorted(urns))
    checkpoint = Checkpoint(job_name(), pipeline_name, run_id, state)
    aspect = checkpoint.to_checkpoint_aspect(_MAX_STATE_BYTES)
    if aspect is None:
        raise SinkError(
            f"the checkpoint of pipeline {pipeline_name} is larger than DataHub takes (4 MB compressed); with"
            " stateful_ingestion.ignore_new_state none is written, which only `datahub ingest` would miss"
        )
    urn = checkpoint_urn(pipeline_name)
    touched = {"time": int(time.time() * 1000), "actor": SYSTEM_ACTOR}
    content = json.loads(json.dumps(pre_json_transform(aspect.to_obj())))
    return (
        Proposal(urn, "dataJob", "status", {"removed": True, "lifecycleLastUpdated": touched}),
        Proposal(urn, "dataJob", "datahubIngestionCheckpoint", content),
    )
