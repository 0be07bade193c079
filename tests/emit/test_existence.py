"""Which datasets a GMS knows: asked in batches, whatever goes wrong is said and harms nothing."""

from __future__ import annotations

import pytest

from kc_lineage_dagster.emit.existence import existence
from kc_lineage_dagster.emit.sinks import open_sink
from tests.emit.gms import Answer, Gms, everything


def urn(name: str) -> str:
    return f"urn:li:dataset:(urn:li:dataPlatform:postgres,{name},PROD)"


@pytest.fixture
def gms():
    with Gms() as server:
        server.aspects[(urn("known"), "schemaMetadata")] = {}
        server.aspects[(urn("alive"), "status")] = {"removed": False}
        server.aspects[(urn("removed"), "status")] = {"removed": True}
        yield server


def asked(gms, names):
    sink = open_sink("datahub-rest", {"server": gms.url, "token": "s3cr3t-token", "timeout_sec": 2}, run_id="r")
    try:
        return existence(sink.emitter, [urn(name) for name in names])
    finally:
        sink.close()


def test_unknown_and_removed_are_told(gms):
    """A dataset that DataHub has only as the end of an edge is unknown to it, and so is one that was removed."""
    found = asked(gms, ["known", "alive", "removed", "never"])
    assert found.unknown == (urn("never"), urn("removed"))
    assert (found.asked, found.problem) == (4, None)


def test_in_batches_and_bounded(gms):
    """3,000 datasets: the first 2,000 are asked for, 200 a request."""
    found = asked(gms, [f"t{number:04d}" for number in range(3_000)])
    assert found.asked == len(found.unknown) == 2_000
    assert gms.requests["POST /openapi/v3/entity/dataset/batchGet"] == 10


@pytest.mark.parametrize(
    "fault",
    [everything(500), everything(401), lambda _: Answer(200, "<html>", "text/html"), lambda _: Answer(reset=True)],
    ids=["500", "401", "html", "reset"],
)
def test_what_goes_wrong_is_said(gms, fault):
    """No answer is a problem in words, without the token."""
    gms.fault = fault
    found = asked(gms, ["known"])
    assert (found.asked, found.unknown) == (0, ())
    assert gms.url.removeprefix("http://") in found.problem
    assert "s3cr3t" not in found.problem


def test_nothing_to_ask(gms):
    """Without datasets there is no request."""
    assert asked(gms, []).problem is None
    assert not gms.requests["POST /openapi/v3/entity/dataset/batchGet"]
