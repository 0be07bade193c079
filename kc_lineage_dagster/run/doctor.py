"""What is missing before the first run: recipe, Connect, DataHub and state of a cluster, in plain words.

Writes nothing to Connect or DataHub; never shows a secret.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from kc_lineage_dagster.connect.saved import is_saved
from kc_lineage_dagster.emit.sinks import RestSink, open_sink, sink_identity
from kc_lineage_dagster.errors import KcLineageError
from kc_lineage_dagster.recipe.files import RecipeFile
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.state.lock import hold
from kc_lineage_dagster.wording import counted

_ASKED = 3  # connectors whose evidence is tried
_MISREAD = re.compile(r"\?|%[0-9a-fA-F]{2}")  # of a path that is put into an address unescaped, as Dagster does
_TRACKING_OFF = "is topic.tracking.enable off on the worker?"


@dataclass(frozen=True, slots=True)
class Finding:
    """What the doctor found out about one thing.

    Args:
        what: What was tried.
        ok: True; False: something is missing; None: it works, but something is lost.
        text: What came of it, in one line.
    """

    what: str
    ok: bool | None
    text: str

    def __str__(self) -> str:
        mark = {True: "ok      ", False: "MISSING ", None: "note    "}[self.ok]
        return f"  {mark} {self.what}: {self.text}"


def examine(file: RecipeFile) -> Iterator[Finding]:
    """Yield the findings of one recipe. What cannot be tried, because something before it is missing, is left out."""
    try:
        cluster = _impatient(Cluster.of(file))
    except KcLineageError as error:
        yield Finding("recipe", False, str(error))
        return
    yield Finding("recipe", True, str(file.path))
    yield from (Finding("recipe", None, warning) for warning in file.warnings)
    home = os.environ.get("DAGSTER_HOME", "")
    if _MISREAD.search(home):
        text = f"{home}: Dagster's SQLite storage misreads ? and % in it as parts of an address; use another folder"
        yield Finding("DAGSTER_HOME", None, text)
    for what, look in (("Connect", _connect), ("DataHub", _datahub), ("state", _state)):
        yield from _tried(what, look, cluster)


def _impatient(cluster: Cluster) -> Cluster:
    """Return the cluster with at most one more try of each request, because somebody waits for the answer."""
    options = cluster.recipe.options
    connect = options.connect.model_copy(update={"retries": min(1, options.connect.retries)})
    recipe = cluster.recipe.model_copy(update={"options": options.model_copy(update={"connect": connect})})
    return replace(cluster, recipe=recipe)


def _tried(what: str, look: Callable[[Cluster], Iterator[Finding]], cluster: Cluster) -> Iterator[Finding]:
    try:
        yield from look(cluster)
    except KcLineageError as error:
        yield Finding(what, False, str(error))


def _connect(cluster: Cluster) -> Iterator[Finding]:
    listing = cluster.listing()
    names = [one.name for one in listing.connectors]
    yield Finding("Connect", True, f"{listing.source} lists {counted(len(names), 'connector')}")
    yield from (Finding("Connect", None, f"{name!r}: {reason}") for name, reason in sorted(listing.not_read.items()))
    if not names:
        return
    sample = cluster.fetch(names[:_ASKED])
    tried = [one for one in sample.connectors if one.name in names[:_ASKED]]
    if all(one.topics is None for one in tried):
        saved = is_saved(cluster.recipe.source.config.connect_uri)
        why = "saved files seldom hold them; `kc-lineage record` does" if saved else _TRACKING_OFF
        yield Finding("Connect", None, f"active topics are not available: patterns stay unresolved ({why})")
    else:
        yield Finding("Connect", True, f"active topics are available (Kafka Connect {sample.version or 'not known'})")
    yield from (Finding("Connect", None, f"{one.name!r}: {note}") for one in tried for note in one.notes)


def _datahub(cluster: Cluster) -> Iterator[Finding]:
    sink = cluster.recipe.sink
    kind, config = (sink.type, sink.config) if sink else (None, {})
    base = cluster.file.path.parent
    identity = sink_identity(kind, config, base_dir=base)
    opened = open_sink(kind, config, run_id="doctor", base_dir=base)
    with closing(opened):
        problem = opened.check()
    if problem:
        yield Finding("DataHub", False, problem)
        return
    if isinstance(opened, RestSink):
        yield Finding("DataHub", True, f"{identity} answers and accepts the credentials")
        return
    path = Path(identity.rpartition(" ")[2])
    if path.is_absolute():
        yield _writable("DataHub", path.parent)
    yield Finding("DataHub", True, f"{identity} can be opened")


def _state(cluster: Cluster) -> Iterator[Finding]:
    state = cluster.state
    if state.folder is not None:
        yield _writable("state", state.folder)
    with hold(state, 1):
        pass
    with state.database.writing():
        pass
    if state.folder is None:
        yield Finding("state", True, f"{state.database.place.shown} can be written")


def _writable(what: str, folder: Path) -> Finding:
    """Return whether files can be made in a folder. Nothing is created: the nearest folder that exists decides."""
    nearest = folder
    try:
        nearest = next(parent for parent in (folder, *folder.parents) if parent.exists())
        handle, name = tempfile.mkstemp(dir=nearest)
    except OSError as error:
        return Finding(what, False, f"{nearest} cannot be written: {error.strerror}")
    os.close(handle)
    os.unlink(name)
    return Finding(what, True, f"{folder} can be written")
