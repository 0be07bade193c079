"""Documents that are written whole or not at all."""

from __future__ import annotations

import json

import pytest

from kc_lineage_dagster.documents import read_list, write_list
from kc_lineage_dagster.errors import StateError

ITEMS = [{"name": "a\nb", "n": 1}, {}, {"in it": ["[", "]\n", {}]}]


@pytest.mark.parametrize("items", [ITEMS, []])
def test_a_list_is_read_as_it_was_written(tmp_path, items):
    """Item by item; and anybody else reads it as JSON."""
    write_list(tmp_path / "list.json", iter(items))
    assert list(read_list(tmp_path / "list.json")) == items
    assert json.loads((tmp_path / "list.json").read_text()) == items


@pytest.mark.parametrize("items", [ITEMS, []])
def test_a_list_in_one_line_is_read_too(tmp_path, items):
    """Version 0.1 wrote it so."""
    (tmp_path / "list.json").write_text(json.dumps(items))
    assert list(read_list(tmp_path / "list.json")) == items


@pytest.mark.parametrize("text", ["", "[", "[\n", '[\n{"a":1},\n', '[\n{"a":', "nothing", "[1,2", '[\n{"a":1}'])
def test_a_damaged_list_is_an_error(tmp_path, text):
    """It is never taken for a shorter one."""
    (tmp_path / "list.json").write_text(text)
    with pytest.raises(StateError, match=r"state cannot be read: .*list\.json"):
        list(read_list(tmp_path / "list.json"))


def test_no_list(tmp_path):
    """What was never written holds nothing."""
    assert list(read_list(tmp_path / "list.json")) == []
