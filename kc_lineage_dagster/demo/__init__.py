"""``make demo``: the main job on the embedded defaults, and what came out of it, in a few lines.

python -m kc_lineage_dagster.demo [slug]
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from kc_lineage_dagster.lineage import ConnectorLineage
from kc_lineage_dagster.page.render import PAGE
from kc_lineage_dagster.recipe.files import RecipeFile, find_recipes
from kc_lineage_dagster.recipe.model import Recipe
from kc_lineage_dagster.run.cluster import Cluster


def main(slug: str = "demo") -> int:
    """Runs ``sync_<slug>`` with Dagster's command line, its output into a file; the exit code is the job's."""
    file = next((one for one in find_recipes() if one.slug == slug), None)
    if file is None:
        print(f"no recipe with the short name {slug}")
        return 2
    home = Path(os.environ.setdefault("DAGSTER_HOME", str(file.home)))
    home.mkdir(parents=True, exist_ok=True)
    log = home / f"sync_{slug}.log"
    command = [
        sys.executable,
        "-m",
        "dagster",
        "job",
        "execute",
        "-m",
        "kc_lineage_dagster.definitions",
        "-j",
        f"sync_{slug}",
    ]
    print(f"dagster job execute -m kc_lineage_dagster.definitions -j sync_{slug}   (log: {log})", flush=True)
    with log.open("w", encoding="utf-8") as output:
        code = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, check=False).returncode
    if code:
        print("".join(log.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)[-20:]))
        return code
    print("\n".join(summary(file)))
    return 0


def summary(file: RecipeFile) -> list[str]:
    """What a sync left, for people: counts, the first unresolved items, where to look next."""
    cluster = Cluster.of(file)
    lineages = sorted(cluster.state.lineages().values(), key=lambda one: one.connector)
    edges = sum(len(one.edges) for one in lineages)
    unresolved = [(one, item) for one in lineages for item in one.unresolved]
    lines = [f"{'connector':32} {'type':8} {'jobs':>5} {'edges':>6} {'unresolved':>11}"]
    lines += [
        f"{one.connector[:32]:32} {one.kind:8} {_jobs(one):5} {len(one.edges):6} {len(one.unresolved):11}"
        for one in lineages[:30]
    ]
    lines += [f"… and {len(lineages) - 30} more"] if len(lineages) > 30 else []
    lines += [
        "",
        f"{len(lineages)} connectors, {sum(map(_jobs, lineages))} jobs, {edges} edges,"
        f" {len(unresolved)} unresolved items",
        *(f"  unresolved: {one.connector}: {item}" for one, item in unresolved[:10]),
        "",
        f"written to:  {_where(file, cluster.recipe)}",
        f"state:       {cluster.state.folder}",
        "look next:   make ui, then the asset group "
        f"`{file.slug}` at http://127.0.0.1:3000/asset-groups: every connector is a partition",
        f"picture:     {(cluster.state.folder / PAGE).as_uri()}",
    ]
    return lines


def _jobs(lineage: ConnectorLineage) -> int:
    jobs = {edge.upstream if edge.upstream else edge.downstream for edge in lineage.edges}
    return len(jobs) + len({item.topic for item in lineage.unresolved if item.topic})


def _where(file: RecipeFile, recipe: Recipe) -> str:
    from kc_lineage_dagster.emit.sinks import sink_identity

    sink = recipe.sink
    return sink_identity(sink.type if sink else None, sink.config if sink else {}, base_dir=file.path.parent)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
