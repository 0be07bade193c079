"""`kc-lineage connectors`: is my connector understood, and by which rule."""

from __future__ import annotations

import json

import pytest

from kc_lineage_dagster.derive.registry import registry
from tests.cli.run import kc_lineage


@pytest.mark.parametrize(
    "name", ["io.debezium.connector.postgresql.PostgresConnector", "PostgresConnector", "debezium_postgres"]
)
def test_a_class_its_alias_and_its_family_tell_the_rule(name):
    """Which family, which platform, which keys decide, what stays unresolved, where the rule stands."""
    done = kc_lineage("connectors", name)
    assert done.exit_code == 0
    for words in ("debezium_postgres", "postgres", "table.include.list", "https://"):
        assert words in done.stdout


def test_an_unknown_class_names_what_is_spelled_alike():
    """A class that nobody knows is exit code 1, with the classes that were perhaps meant."""
    done = kc_lineage("connectors", "com.acme.PostgresConector")
    assert done.exit_code == 1
    assert "not understood" in done.stdout
    assert "io.debezium.connector.postgresql.PostgresConnector" in done.stdout


def test_a_transform_is_told_too():
    """A transform, by its full or simple name, says what it does."""
    for name in ("org.apache.kafka.connect.transforms.RegexRouter", "RegexRouter", "ReplaceField"):
        done = kc_lineage("connectors", name)
        assert done.exit_code == 0
        assert "transform" in done.stdout


def test_all_of_them():
    """Without a class every family stands in one line, and as JSON with all that is known of it."""
    families = {family.name for family in registry().families}
    assert {line.split()[1] for line in kc_lineage("connectors").stdout.splitlines()} == families
    listed = json.loads(kc_lineage("connectors", "--format", "json").stdout)
    assert {one["family"] for one in listed} == families
    assert all(one["classes"] and one["rule"] for one in listed)
