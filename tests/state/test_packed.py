"""Packed records are the records, whatever they hold, in little memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from kc_lineage_dagster.connect.fetch import read
from kc_lineage_dagster.connect.saved import open_saved
from kc_lineage_dagster.connect.snapshot import Connector, Offset, TaskState
from kc_lineage_dagster.derive.cluster import deriver
from kc_lineage_dagster.derive.settings import Settings
from kc_lineage_dagster.state import codec
from kc_lineage_dagster.state.packed import PackedMapping, PackedSequence

LAB = Path(__file__).parents[1] / "data" / "lab" / "cluster.json"


@pytest.fixture(scope="module")
def connectors():
    odd = Connector(
        "k\udc80\ufffd\n",
        "source",
        {"k\udc80": "\udc80 é\x00"},
        trace="t",
        tasks=(TaskState(0, "FAILED", "x"),),
        topics=(),
        offsets=(Offset({"n": 1.5, "l": [None]}, None),),
    )
    return (*read(open_saved(LAB)).whole().connectors, odd)


def test_a_sequence_gives_the_connectors_it_was_made_of(connectors):
    packed = PackedSequence(codec.connectors(), iter(connectors))
    assert list(packed) == list(connectors)
    assert (packed[0], packed[-1], packed[1:3]) == (connectors[0], connectors[-1], list(connectors[1:3]))
    assert connectors[3] in packed
    with pytest.raises(IndexError):
        packed[len(connectors)]


def test_a_cluster_is_derived_alike_from_packed_connectors_into_packed_lineage(connectors):
    """Whichever way they are held, and though a sink with ``topics.regex`` makes the lineage of sources wait."""
    settings = Settings(cluster_aliases={"west": None})
    plain = deriver(connectors, settings)
    waiting = PackedMapping(codec.lineages())
    packed = PackedSequence(codec.connectors(), connectors)
    derived = deriver(packed, settings, waiting)
    sinks_first = sorted(packed, key=lambda one: one.kind)
    assert {one.name: derived(one) for one in sinks_first} == {one.name: plain(one) for one in connectors}
    assert not waiting, "lineage waits until it is asked for"


def test_a_mapping_holds_records_by_name(connectors):
    packed = PackedMapping(codec.connectors())
    packed.update({one.name: one for one in connectors})
    assert dict(packed) == {one.name: one for one in connectors}
    name = connectors[3].name
    assert packed.pop(name) == connectors[3]
    assert (name in packed, len(packed)) == (False, len(connectors) - 1)
