"""Render ``lineage.html`` from a cluster's lineage: one file that needs no network.

A connector's name cannot become markup: names reach the page as JSON without the characters an HTML parser looks for,
and the page's scripts show them as text. The content security policy allows the scripts of the file by their hashes,
and no request at all.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any

from kc_lineage_dagster.chunks import chunks
from kc_lineage_dagster.connect.snapshot import Snapshot
from kc_lineage_dagster.errors import StateError
from kc_lineage_dagster.lineage import ConnectorLineage
from kc_lineage_dagster.page.data import Row, parts
from kc_lineage_dagster.state.cluster_state import ClusterState

_DATA = "\x00data\x00"  # placeholder in the template; the page is split there

_SCRIPTS = ("vendor/cytoscape.min.js", "vendor/dagre.min.js", "model.js", "graph.js", "panel.js", "app.js")
# The characters an HTML parser looks for inside a script element, as JSON escapes with the same meaning.
_HARMLESS = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def render(slug: str, snapshot: Snapshot, lineages: Iterable[ConnectorLineage], generated_at: float) -> str:
    """Return the page of a cluster whose lineage is in memory.

    Args:
        slug: The cluster's short name.
        snapshot: The cluster as it was read, with the states of its connectors.
        lineages: Lineage of each connector, in any order.
        generated_at: Seconds since the epoch.
    """
    chosen = sorted(lineages, key=lambda one: one.connector)
    seen = {one.name: one for one in snapshot.connectors}
    field_edges = sum(bool(edge.fields) for one in chosen for edge in one.edges)
    rows = ((one, seen.get(one.connector)) for one in chosen)
    return "".join(page_of_rows(slug, snapshot, rows, generated_at, field_edges))


def page_of_state(state: ClusterState, slug: str) -> Iterator[str]:
    """Yield the page of a cluster from its state, in pieces, so that a large cluster is never in memory as a whole.

    Raises:
        StateError: When the cluster was never read.
    """
    head = state.head()
    if head is None:
        raise StateError(f"cluster {slug} was never read: materialize raw_connector_configs first")
    yield from page_of_rows(slug, head, _rows(state), time.time(), state.totals().field_edges)


def page_of_rows(
    slug: str, head: Snapshot, rows: Iterable[Row], generated_at: float, field_edges: int
) -> Iterator[str]:
    """Yield the page in pieces.

    Args:
        slug: The cluster's short name: letters, digits and ``_``.
        head: See ``data.parts``.
        rows: See ``data.parts``.
        generated_at: See ``data.parts``.
        field_edges: See ``data.parts``.
    """
    template, fixed = _shell()
    before, after = template.substitute(fixed, cluster=slug, data=_DATA).split(_DATA)
    yield before
    opening = "{"
    for name, value in parts(slug, head, rows, generated_at, field_edges):
        yield f'{opening}"{name}":'
        opening = ","
        if isinstance(value, Iterator):
            yield from _listed(value)
        else:
            yield embedded(value)
    yield "}" + after


def _listed(values: Iterator[Any]) -> Iterator[str]:
    opening = "["
    for value in values:
        yield opening + embedded(value)
        opening = ","
    yield "]" if opening == "," else "[]"


def _rows(state: ClusterState) -> Iterator[Row]:
    for names in chunks(state.derived_names()):
        lineages, connectors = state.lineages_of(names), state.readable_of(names)
        yield from ((lineages[name], connectors.get(name)) for name in names if name in lineages)


def embedded(data: Any) -> str:
    """Return JSON for a script element: ASCII, without ``<``, ``>`` and ``&``."""
    return json.dumps(data, ensure_ascii=True, separators=(",", ":")).translate(_HARMLESS)


@cache
def _shell() -> tuple[Template, Mapping[str, str]]:
    """Return the page's template and the values that are the same for every cluster: policy, style and scripts."""
    scripts = [_script(name) for name in _SCRIPTS]
    hashes = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    parts = {
        "policy": f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:",
        "style": _read("style.css"),
        "scripts": "\n".join(f"<script>{script}</script>" for script in scripts),
    }
    return Template(_read("template.html")), parts


def _script(name: str) -> str:
    """Return a script without the address of its source map, which a browser's developer tools would request."""
    lines = _read(name).split("\n")
    return "\n".join(line for line in lines if not line.startswith("//# sourceMappingURL="))


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
