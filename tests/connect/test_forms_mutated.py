"""Files that are almost of a form: whatever stands where, the outcome is connectors or one line, never a crash."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kc_lineage_dagster.connect.fetch import read
from kc_lineage_dagster.connect.forms.documents import load_yaml
from kc_lineage_dagster.connect.saved import open_saved
from kc_lineage_dagster.errors import ConnectError
from tests.connect.test_forms import FORMS, MIRROR_MAKER_2, MIRROR_MAKER_V1, STRIMZI
from tests.odd_json import changed, places
from tests.tries import Share, by_share

DOCUMENTS: list[Any] = [
    document
    for name, content in [*FORMS.values(), *(("c.yaml", text) for text in (STRIMZI, MIRROR_MAKER_2, MIRROR_MAKER_V1))]
    if not name.endswith(".properties")
    for document in (load_yaml(content) if isinstance(content, str) else [content])
]
ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "x", "${a}", "KafkaConnector", "a->b"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "config", "kind"]), inner),
    max_leaves=4,
)


def outcome(document: Any, in_folder: bool) -> list[str]:
    """What reading a file that holds the document says: a line a connector, or the one line that refuses it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "c.json"
        file.write_text(json.dumps(document), encoding="utf-8")
        try:
            return list(read(open_saved(folder if in_folder else file)).whole().not_read.values())
        except ConnectError as refused:
            return [str(refused)]


@by_share
@pytest.mark.parametrize("odd", [None, [], {}, 1, [{"name": {}}], {"name": []}], ids=repr)
def test_at_every_place_of_a_form_an_odd_value_is_read_or_refused_in_one_line(odd: Any, share: Share) -> None:
    for document, path in share.of((one, path) for one in DOCUMENTS for path in places(one)):
        lines = outcome(changed(document, path, odd), in_folder=False)
        assert all("\n" not in line for line in lines), (path, lines)


@given(data=st.data(), document=st.sampled_from(DOCUMENTS), odd=ODD, in_folder=st.booleans())
def test_whatever_stands_in_a_form_is_read_or_refused_in_one_line(
    data: st.DataObject, document: Any, odd: Any, in_folder: bool
) -> None:
    path = data.draw(st.sampled_from(list(places(document))))
    assert all("\n" not in line for line in outcome(changed(document, path, odd), in_folder))
