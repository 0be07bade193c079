"""Tests of the image run when they are asked for (`make image`), and say why when they cannot."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from tests.image.container import Store, missing
from tests.machines import deployment

HERE = Path(__file__).parent


def pytest_collection_modifyitems(config, items):
    asked = "image" in (config.option.markexpr or "").split()
    reason = (missing() or deployment.missing()) if asked else "the image is built with `make image` (pytest -m image)"
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.image)
            item.add_marker(pytest.mark.filterwarnings("default"))
            if reason:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="module")
def store():
    folder = Path(tempfile.mkdtemp(prefix="kc-image-"))
    made = Store(folder)
    try:
        yield made
    finally:
        made.do("rm", "--all")
        made.do("rmi", "--all", "--force")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def image(store):
    return store.build()
