"""Requests to other servers: whatever drips ends in time, and what the recipe says about certificates holds."""

from __future__ import annotations

import pytest

from kc_lineage_dagster.catalog.json_api import Access, Away, JsonApi
from tests.connect import stand_in
from tests.connect.stand_in import DRIPS, ConnectStandIn
from tests.tries import quick_if


@pytest.mark.parametrize("drip", quick_if(DRIPS, {"headers", "chunks"}))
def test_whatever_drips_ends_by_the_time_limit(drip: str) -> None:
    """A server that sends a little at a time is too slow, and no reason to call it unreachable."""
    with ConnectStandIn({"/subjects": []}) as server:
        server.fault("/subjects", stand_in.drip(*DRIPS[drip]))
        api = JsonApi(Access(server.uri), seconds=60, timeout=0.3)
        # on a busy machine even a dripping server is silent for a while
        with pytest.raises(Away, match=r"too slowly|no answer within 0\.3 s"):
            api.get("/subjects")


def test_a_server_that_says_nothing_is_named_so() -> None:
    """A server that accepts a connection and sends nothing is told from one that sends a little at a time."""
    with ConnectStandIn({"/subjects": []}) as server:
        server.fault("/subjects", stand_in.delay(30))
        with pytest.raises(Away, match=r"no answer within 0\.2 s"):
            JsonApi(Access(server.uri), seconds=60, timeout=0.2).get("/subjects")


def test_no_redirect_is_followed() -> None:
    """Credentials go to the recipe's server only."""
    with ConnectStandIn({"/subjects": []}) as other, ConnectStandIn({"/subjects": []}) as server:
        server.fault("/subjects", stand_in.redirect(f"{other.uri}/subjects"))
        api = JsonApi(Access(server.uri, headers={"X-Own": "hunter2"}), seconds=60)
        with pytest.raises(Away, match="answers 302"):
            api.get("/subjects")
        assert other.requests == []
