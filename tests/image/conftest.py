"""The image that the tests of `make image` share; where it cannot be built they are skipped, and say why."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from tests.image.container import Store, missing
from tests.machines import deployment


@pytest.fixture(scope="module")
def store():
    reason = missing() or deployment.missing()
    if reason:
        pytest.skip(reason)
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
