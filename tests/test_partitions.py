"""Partition keys: every connector name has one, and it leads back."""

from __future__ import annotations

import pytest
from dagster import DagsterInstance
from hypothesis import given
from hypothesis import strategies as st

from kc_lineage_dagster.defs.partitions import add_partitions, decode_partition, drop_partitions, encode_partition
from tests.tries import tries

HOSTILE = [
    "",
    " ",
    "../../etc/x",
    "a/b",
    "100%25",
    "a?b#c",
    "a\nb",
    "a...b",
    "....",
    " a ",
    "%00",
    "ü",
    "日本",
    "x" * 4096,
    "a|b",
]


@given(st.text())
@tries(200)
def test_keys_lead_back(name):
    """Encoding is reversible for any text."""
    assert decode_partition(encode_partition(name)) == name


@given(st.text(), st.text())
@tries(100)
def test_keys_are_distinct(one, other):
    """Two names never share a key."""
    assert (encode_partition(one) == encode_partition(other)) == (one == other)


@pytest.mark.parametrize("name", HOSTILE)
def test_keys_are_what_dagster_holds(name):
    """A key is not empty, holds no range separator, no control character and no outer space."""
    key = encode_partition(name)
    assert key
    assert "..." not in key
    assert key == key.strip()
    assert all(ord(character) >= 32 for character in key)


def test_ordinary_names_stay_readable():
    """An ordinary name is its own key."""
    assert encode_partition("orders-cdc.v2 (eu)/x") == "orders-cdc.v2 (eu)/x"


def test_no_name_shares_the_key_of_the_empty_one():
    """The empty name, the character that its key stands for, and the key as a name have keys of their own."""
    names = ["", "\x00", "\x00\x00", "%00", "%0", "%"]
    keys = [encode_partition(name) for name in names]
    assert len(set(keys)) == len(names)
    assert [decode_partition(key) for key in keys] == names


@pytest.mark.slow
def test_adding_and_dropping():
    """Partitions are added once and dropped by connector name."""
    with DagsterInstance.ephemeral() as instance:
        assert set(add_partitions(instance, "s", HOSTILE)) == set(HOSTILE)
        assert add_partitions(instance, "s", [*HOSTILE, "new"]) == ["new"]
        drop_partitions(instance, "s", HOSTILE)
        assert instance.get_dynamic_partitions("s_connectors") == ["new"]
