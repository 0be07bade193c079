"""Proposals in DataHub's own classes, as its emitter and its sinks take them.

DataHub's classes ask an Avro schema field by field how they look as JSON (``DictWrapper.to_obj``): half a millisecond
for each proposal, most of what sending it costs. The classes here know it of what this project fills in.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from typing import Any

from datahub.emitter.aspect import ASPECT_MAP, JSON_CONTENT_TYPE
from datahub.emitter.mcp import MetadataChangeProposalWrapper
from datahub.emitter.serialization_helper import post_json_transform
from datahub.metadata.schema_classes import (
    ChangeTypeClass,
    GenericAspectClass,
    MetadataChangeProposalClass,
    SystemMetadataClass,
)

from kc_lineage_dagster.emit.aspects import Proposal

# The fields that are filled in here, or by ``datahub.cli.cli_utils.ensure_has_system_metadata`` (properties).
_STAMPED = ("lastObserved", "runId", "lastRunId", "pipelineName", "properties")
_PROPOSED = ("entityType", "entityUrn", "changeType", "aspectName", "aspect", "systemMetadata")


def stamp(run_id: str, pipeline_name: str | None) -> SystemMetadataClass:
    """System metadata that lets ``datahub ingest rollback --run-id`` find what a run wrote."""
    return _Stamp(lastObserved=int(time.time() * 1000), runId=run_id, pipelineName=pipeline_name)


def to_mcps(
    proposals: Sequence[Proposal], system_metadata: SystemMetadataClass
) -> Iterator[MetadataChangeProposalClass]:
    """The proposals as they go over the wire, their aspects serialised."""
    for one in proposals:
        value = json.dumps(one.aspect).encode("ascii")
        yield _Mcp(
            entityType=one.entity_type,
            entityUrn=one.urn,
            changeType=ChangeTypeClass.UPSERT,
            aspectName=one.aspect_name,
            aspect=_Value(value=value, contentType=JSON_CONTENT_TYPE),
            systemMetadata=system_metadata,
        )


def to_wrapper(proposal: Proposal, system_metadata: SystemMetadataClass) -> MetadataChangeProposalWrapper:
    """The proposal with its aspect as an object of DataHub's schema classes, as sinks want it."""
    return MetadataChangeProposalWrapper(
        entityType=proposal.entity_type,
        entityUrn=proposal.urn,
        aspect=ASPECT_MAP[proposal.aspect_name].from_obj(post_json_transform(dict(proposal.aspect))),
        systemMetadata=system_metadata,
    )


def _plain(fields: Any, known: Sequence[str], tuples: bool) -> dict[str, Any] | None:
    """The known fields that are set, in the schema's order; None when others are, or Avro's form is asked for."""
    found = {name: value for name, value in fields.items() if value is not None}
    return None if tuples or not found.keys() <= set(known) else {name: found[name] for name in known if name in found}


class _Stamp(SystemMetadataClass):
    def to_obj(self, tuples: bool = False) -> dict[str, Any]:
        plain = _plain(self._inner_dict, _STAMPED, tuples)
        return super().to_obj(tuples) if plain is None else plain


class _Value(GenericAspectClass):
    def to_obj(self, tuples: bool = False) -> dict[str, Any]:
        if tuples:
            return super().to_obj(tuples)
        return {"value": self.value.decode("ascii"), "contentType": self.contentType}


class _Mcp(MetadataChangeProposalClass):
    def to_obj(self, tuples: bool = False) -> dict[str, Any]:
        plain = _plain(self._inner_dict, _PROPOSED, tuples)
        if plain is None:
            return super().to_obj(tuples)
        nested = (GenericAspectClass, SystemMetadataClass)
        return {name: value.to_obj() if isinstance(value, nested) else value for name, value in plain.items()}
