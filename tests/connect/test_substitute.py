"""``${provider:path_key}`` is replaced by what the recipe provides, and by nothing else."""

from __future__ import annotations

import pytest

from kc_lineage_dagster.connect.substitute import ProvidedValue, substitute

PROVIDED = (
    ProvidedValue("env", "HOST", "db"),
    ProvidedValue("file", "/etc/x.properties:user", "me"),
    ProvidedValue("env", "LOOP", "${env:HOST}"),
    ProvidedValue("env", "HOST", "later"),
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("jdbc:mysql://${env:HOST}:3306/${env:HOST}", "jdbc:mysql://db:3306/db"),
        ("${file:/etc/x.properties:user}", "me"),
        ("${env:OTHER}", "${env:OTHER}"),
        ("${env:LOOP}", "${env:HOST}"),
        ("${topic}", "${topic}"),
        ("$1 ${ ${env:HOST", "$1 ${ ${env:HOST"),
        ("", ""),
    ],
)
def test_references_are_replaced_once(value: str, expected: str) -> None:
    assert substitute({"k": value}, PROVIDED) == {"k": expected}


def test_a_null_value_is_as_if_its_key_were_absent() -> None:
    assert substitute({"a": None, "b": "x"}, PROVIDED) == substitute({"a": None, "b": "x"}, ()) == {"b": "x"}


def test_a_provided_value_is_never_shown() -> None:
    assert "hush" not in repr(ProvidedValue("env", "PW", "hush"))
