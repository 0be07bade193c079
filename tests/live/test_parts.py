"""What cannot be downloaded skips the live tests; what is wrong with them does not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.parts import Versions

NOWHERE = Versions("0-nowhere", "0-nowhere")


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file with what a Maven says that fails."""
    text = tmp_path / "said"
    for name, script in (("java", "echo 'openjdk version \"21.0.1\"' >&2"), ("mvn", f"cat {text}; exit 1")):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    yield text
    shutil.rmtree(NOWHERE.core)


@pytest.mark.parametrize(
    "words",
    [
        "Could not transfer artifact a:b:pom:1 from/to central (https://repo): Connect timed out",
        "Could not transfer artifact a:b:pom:1 from/to central (https://repo): repo: Name or service not known",
        "a:b:jar:1 was not found during a previous attempt. This failure was cached in the local repository",
    ],
)
def test_a_server_that_is_away_is_a_reason_to_skip(said: Path, words: str) -> None:
    """The reason is Maven's own, in one line."""
    said.write_text(f"[ERROR] Failed to execute goal:\n[ERROR] {words}\n")
    reason = NOWHERE.missing()
    assert reason is not None
    assert words in reason
    assert "\n" not in reason


def test_an_artifact_that_is_not_there_fails(said: Path) -> None:
    """A version that nobody published is a fault of the tests, not of the network."""
    said.write_text("[ERROR] Could not find artifact org.apache.kafka:kafka_2.13:jar:0-nowhere in central\n")
    with pytest.raises(RuntimeError, match="Could not find artifact"):
        NOWHERE.missing()


def test_a_java_that_is_too_old_is_a_reason_to_skip(said: Path) -> None:
    """Kafka 4 needs Java 17."""
    said.with_name("java").write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    NOWHERE.core.mkdir(parents=True)
    assert "Java 17" in (NOWHERE.missing() or "")
