"""Proposals as objects of DataHub's own classes, which its emitter and its sinks take.

DataHub's classes look every field up in an Avro schema when they become JSON (``DictWrapper.to_obj``). That takes half
a millisecond for each proposal, most of the time that sending it takes. The subclasses here write the fields that this
project fills in without the schema, and leave everything else to DataHub's classes.
"""

from __future__ import annotations

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

# The fields that this module fills in, and ``properties``, which ``datahub.cli.cli_utils.ensure_has_system_metadata``
# does.
_STAMPED = frozenset({"lastObserved", "runId", "lastRunId", "pipelineName", "properties"})
_PROPOSED = frozenset({"entityType", "entityUrn", "changeType", "aspectName", "aspect", "systemMetadata"})

# All that there are, in the order in which they become JSON.
_STAMP_FIELDS = tuple(SystemMetadataClass.RECORD_SCHEMA.fields_dict)
_MCP_FIELDS = tuple(MetadataChangeProposalClass.RECORD_SCHEMA.fields_dict)


def stamp(run_id: str, pipeline_name: str | None) -> SystemMetadataClass:
    """Return system metadata by which ``datahub ingest rollback --run-id`` finds what a run wrote.

    ``pipeline_name``: of the recipe, None where it has none.
    """
    return _Stamp(lastObserved=int(time.time() * 1000), runId=run_id, pipelineName=pipeline_name)


def to_mcps(
    proposals: Sequence[Proposal], system_metadata: SystemMetadataClass
) -> Iterator[MetadataChangeProposalClass]:
    """Yield the proposals as a GMS takes them, their aspects serialised. ``system_metadata``: see ``stamp``."""
    for one in proposals:
        yield _Mcp(
            entityType=one.entity_type,
            entityUrn=one.urn,
            changeType=ChangeTypeClass.UPSERT,
            aspectName=one.aspect_name,
            aspect=_Value(value=one.text.encode("ascii"), contentType=JSON_CONTENT_TYPE),
            systemMetadata=system_metadata,
        )


def to_wrapper(proposal: Proposal, system_metadata: SystemMetadataClass) -> MetadataChangeProposalWrapper:
    """Return the proposal with its aspect as an object of DataHub's schema classes, which the registry's sinks need."""
    return MetadataChangeProposalWrapper(
        entityType=proposal.entity_type,
        entityUrn=proposal.urn,
        aspect=ASPECT_MAP[proposal.aspect_name].from_obj(post_json_transform(proposal.aspect)),
        systemMetadata=system_metadata,
    )


def _plain(one: Any, fields: Sequence[str], known: frozenset[str], tuples: bool) -> dict[str, Any] | None:
    """Return the ``fields`` that are set.

    None where DataHub's own class has to do the work: one that is not ``known`` is set, or Avro's form (``tuples``) is
    asked for.
    """
    found = {name: value for name in fields if (value := getattr(one, name)) is not None}
    return None if tuples or not found.keys() <= known else found


class _Stamp(SystemMetadataClass):
    """System metadata that becomes JSON without the schema."""

    def to_obj(self, tuples: bool = False) -> dict[str, Any]:
        plain = _plain(self, _STAMP_FIELDS, _STAMPED, tuples)
        return super().to_obj(tuples) if plain is None else plain


class _Value(GenericAspectClass):
    """A serialised aspect that becomes JSON without the schema."""

    def to_obj(self, tuples: bool = False) -> dict[str, Any]:
        if tuples:
            return super().to_obj(tuples)
        return {"value": self.value.decode("ascii"), "contentType": self.contentType}


class _Mcp(MetadataChangeProposalClass):
    """A proposal that becomes JSON without the schema."""

    def to_obj(self, tuples: bool = False) -> dict[str, Any]:
        plain = _plain(self, _MCP_FIELDS, _PROPOSED, tuples)
        if plain is None:
            return super().to_obj(tuples)
        nested = (GenericAspectClass, SystemMetadataClass)
        return {name: value.to_obj() if isinstance(value, nested) else value for name, value in plain.items()}
