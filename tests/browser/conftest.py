"""The browser that the tests of `make browser` share; where there is none they are skipped, and say why.

A test that fails leaves `page.png` and `page.txt` in its `tmp_path`. After one that got stuck the rest of its file is
skipped: waiting in vain again and again tells nothing.
"""

from __future__ import annotations

import pytest

from tests.browser.screen import Screen
from tests.browser.stack import browser, limit, missing
from tests.waiting import StuckError

TEST = 1200.0  # seconds for one test: beyond it something hangs
STUCK, FAILED = pytest.StashKey[str](), pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    if call.excinfo and call.excinfo.errisinstance(StuckError):
        item.parent.stash[STUCK] = item.name
    return report


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    reason = missing()
    if reason:
        pytest.skip(reason)
    with browser(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture(autouse=True)
def watched(request, chromium, tmp_path):
    """Ends a test that hangs, and keeps what was to be seen when one fails."""
    stuck = request.node.parent.stash.get(STUCK, None)
    if stuck:
        pytest.skip(f"{stuck} got stuck")
    with limit(TEST, request.node.name):
        yield
    if request.node.stash.get(FAILED, False):
        with limit(60, "the screenshot"):
            Screen(chromium, "").keep(tmp_path)
        print(f"what was to be seen: {tmp_path}")
