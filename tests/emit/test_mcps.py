"""Proposals in DataHub's own classes: what they say of themselves in an instant is what DataHub's code would say."""

from __future__ import annotations

import pytest
from datahub.cli.cli_utils import ensure_has_system_metadata
from datahub.emitter.mcp import MetadataChangeProposalWrapper
from datahub.metadata.schema_classes import (
    AuditStampClass,
    GenericAspectClass,
    MetadataChangeProposalClass,
    SystemMetadataClass,
)

from kc_lineage_dagster.emit.mcps import stamp, to_mcps, to_wrapper
from kc_lineage_dagster.emit.urns import Naming
from tests.emit.samples import cluster, flat

PROPOSALS = flat(cluster(2, naming=Naming(platform_instance="größer")))


def as_datahub(mcp: MetadataChangeProposalClass) -> MetadataChangeProposalClass:
    """The same proposal in DataHub's classes and no others."""
    stamped = {name: getattr(mcp.systemMetadata, name) for name in SystemMetadataClass.RECORD_SCHEMA.fields_dict}
    return MetadataChangeProposalClass(
        entityType=mcp.entityType,
        entityUrn=mcp.entityUrn,
        changeType=mcp.changeType,
        aspectName=mcp.aspectName,
        aspect=GenericAspectClass(value=mcp.aspect.value, contentType=mcp.aspect.contentType),
        systemMetadata=SystemMetadataClass(**stamped),
        headers=mcp.headers,
    )


@pytest.mark.parametrize("tuples", [False, True])
@pytest.mark.parametrize("pipeline", [None, "orders"])
def test_a_proposal_looks_as_datahubs_own_code_makes_it(pipeline, tuples):
    """As the emitter takes it, with its own marks added: the proposal, its aspect and its metadata, in either form."""
    for mcp in to_mcps(PROPOSALS, stamp("run", pipeline)):
        ensure_has_system_metadata(mcp)
        theirs = as_datahub(mcp)
        assert mcp.to_obj(tuples) == theirs.to_obj(tuples)
        assert mcp.aspect.to_obj(tuples) == theirs.aspect.to_obj(tuples)
        assert mcp.systemMetadata.to_obj(tuples) == theirs.systemMetadata.to_obj(tuples)


def test_a_field_that_is_not_filled_in_here_is_not_lost():
    """What a later release of the emitter may add is serialised by DataHub's own code."""
    (mcp, *_) = to_mcps(PROPOSALS, stamp("run", None))
    mcp.headers = {"If-Version-Match": "1"}
    mcp.systemMetadata.aspectCreated = AuditStampClass(time=1, actor="urn:li:corpuser:datahub")
    assert mcp.to_obj() == as_datahub(mcp).to_obj()


def test_a_sink_gets_the_same_proposal_as_an_object():
    """The wrapper that sinks take says what goes over the wire otherwise."""
    for mcp in to_mcps(PROPOSALS, stamp("run", "orders")):
        wrapped = to_wrapper(next(one for one in PROPOSALS if one.urn == mcp.entityUrn), mcp.systemMetadata)
        assert isinstance(wrapped, MetadataChangeProposalWrapper)
        assert wrapped.make_mcp().to_obj()["systemMetadata"] == mcp.to_obj()["systemMetadata"]
