"""Browser tests run when they are asked for (`make browser`), and say why when they cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.stack import browser, missing

HERE = Path(__file__).parent


def pytest_collection_modifyitems(config, items):
    asked = "browser" in (config.option.markexpr or "")
    reason = missing() if asked else "browser tests run with `make browser` (pytest -m browser)"
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if reason:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    with browser(tmp_path_factory.mktemp("profile")) as driver:
        yield driver
