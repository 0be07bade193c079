"""``lineage.html`` from a cluster's lineage: one file, no network, safe whatever connectors are called.

Names reach the page as JSON that no HTML parser can mistake for markup, and the page shows them as text only. A
content security policy allows exactly the scripts that are in the file, by their hashes, and no request at all.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from kc_lineage_dagster.connect.snapshot import Snapshot
from kc_lineage_dagster.documents import write_text
from kc_lineage_dagster.errors import StateError
from kc_lineage_dagster.lineage import ConnectorLineage
from kc_lineage_dagster.page.data import document

PAGE = "lineage.html"

_SCRIPTS = ("vendor/cytoscape.min.js", "vendor/dagre.min.js", "model.js", "graph.js", "panel.js", "app.js")
# What an HTML parser looks for inside a script element; JSON's own escapes say the same.
_HARMLESS = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def render(cluster: str, snapshot: Snapshot, lineages: Iterable[ConnectorLineage], generated_at: float) -> str:
    """The page of one cluster. ``cluster``: its slug (letters, digits, ``_``); ``generated_at``: seconds since the
    epoch.
    """
    template, parts = _shell()
    data = embedded(document(cluster, snapshot, lineages, generated_at))
    return template.substitute(parts, cluster=cluster, data=data)


def write_page(folder: Path, cluster: str, snapshot: Snapshot, lineages: Iterable[ConnectorLineage]) -> tuple[str, ...]:
    """Replaces ``lineage.html`` in a cluster's folder, whole or not at all; why it could not be written, as a warning:
    a picture that is missing fails no run.
    """
    try:
        write_text(folder / PAGE, render(cluster, snapshot, lineages, time.time()))
    except StateError as error:
        return (str(error),)
    return ()


def embedded(data: Any) -> str:
    """JSON for a script element: ASCII, without ``<``, ``>`` and ``&``."""
    return json.dumps(data, ensure_ascii=True, separators=(",", ":")).translate(_HARMLESS)


@cache
def _shell() -> tuple[Template, Mapping[str, str]]:
    """The page's frame, and what of it is the same for every cluster: policy, style and scripts."""
    scripts = [_script(name) for name in _SCRIPTS]
    hashes = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    parts = {
        "policy": f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:",
        "style": _read("style.css"),
        "scripts": "\n".join(f"<script>{script}</script>" for script in scripts),
    }
    return Template(_read("template.html")), parts


def _script(name: str) -> str:
    """A script without the address of its source map, which a browser's developer tools would ask for."""
    lines = _read(name).split("\n")
    return "\n".join(line for line in lines if not line.startswith("//# sourceMappingURL="))


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
