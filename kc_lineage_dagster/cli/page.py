"""``kc-lineage page``: draw the lineage of one or more clusters as one HTML file, or serve it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import click

from kc_lineage_dagster.cli.arguments import recipe_named
from kc_lineage_dagster.cli.formats import ClusterLineage
from kc_lineage_dagster.cli.lineage import find
from kc_lineage_dagster.connect.snapshot import Snapshot
from kc_lineage_dagster.errors import ConnectError, StateError
from kc_lineage_dagster.page.render import render
from kc_lineage_dagster.run.cluster import Cluster

_FRESH = 60.0  # seconds after which a served page is made again


@click.command()
@click.argument("clusters", nargs=-1, required=True, metavar="RECIPE|SAVED|URL...")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("lineage.html"),
    show_default=True,
    help="Where to write the page; - is stdout.",
)
@click.option("--last-sync", is_flag=True, help="Show what the last sync left in the state, without asking Connect.")
@click.option("--recipe", metavar="RECIPE", help="Names and options for saved clusters, as in `lineage`.")
@click.option("--serve", is_flag=True, help="Serve the page instead of writing it, read again at most once a minute.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve at.")
@click.option("--port", type=int, default=8765, show_default=True, help="Port to serve at; 0 for any that is free.")
def command(
    clusters: tuple[str, ...],
    output: Path,
    last_sync: bool,
    recipe: str | None,
    serve: bool,
    host: str,
    port: int,
) -> None:
    """Draw the lineage of one or more clusters as one self-contained HTML file: no network, no server, no secret.

    Several clusters become one picture, joined where they share a dataset: a mirror's topics, when
    `options.cluster_aliases` or `platform_instance_map` give both recipes the same platform instances.

    \b
    kc-lineage page payments.yml
    kc-lineage page payments.yml orders.yml -o all.html
    kc-lineage page payments --last-sync --serve

    Exits with 1 when a cluster cannot be read.
    """

    def page() -> str:
        read = _of_last_sync if last_sync else _now
        return _drawn([read(argument, recipe) for argument in clusters])

    if serve:
        _serve(page, host, port)
        return
    text = page()
    if str(output) == "-":
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{output}: cannot be written: {error.strerror}") from None
    click.echo(output.absolute().as_uri(), err=True)


def _now(argument: str, rules: str | None) -> ClusterLineage:
    found = find(argument, recipe_named(rules) if rules else None)
    if found.problem is not None:
        raise ConnectError(found.problem)
    return found


def _of_last_sync(argument: str, rules: str | None) -> ClusterLineage:
    cluster = Cluster.of(recipe_named(argument))
    state = cluster.state
    head = state.head()
    if head is None:
        raise StateError(
            f"{argument}: the cluster {cluster.file.slug} was never read here; run sync_{cluster.file.slug}"
        )
    snapshot = replace(head, connectors=tuple(state.readable()))
    return ClusterLineage(argument, cluster.file.slug, tuple(state.lineages()), snapshot.not_read, snapshot=snapshot)


def _drawn(found: Sequence[ClusterLineage]) -> str:
    if len(found) == 1:
        only = found[0]
        assert only.snapshot is not None
        return render(only.slug, only.snapshot, only.lineages, time.time())
    whole = [_prefixed(one) for one in found]
    snapshots = [one.snapshot for one in whole if one.snapshot]
    joined = Snapshot(
        ", ".join(dict.fromkeys(one.source for one in snapshots)),
        unread={name: why for one in snapshots for name, why in one.not_read.items()},
        connectors=tuple(connector for one in snapshots for connector in one.connectors),
    )
    return render(
        " + ".join(one.slug for one in whole), joined, [line for one in whole for line in one.lineages], time.time()
    )


def _prefixed(found: ClusterLineage) -> ClusterLineage:
    """Put the cluster's name before each connector's name: two clusters may have a connector of the same name."""

    def named(name: str) -> str:
        return f"{found.slug}/{name}"

    assert found.snapshot is not None
    snapshot = replace(
        found.snapshot,
        connectors=tuple(replace(one, name=named(one.name)) for one in found.snapshot.connectors),
        unread={named(name): why for name, why in found.snapshot.not_read.items()},
        unread_files={},
    )
    lineages = tuple(replace(one, connector=named(one.connector)) for one in found.lineages)
    return replace(found, snapshot=snapshot, lineages=lineages)


def _serve(page: Callable[[], str], host: str, port: int) -> None:
    """Serve the page at ``/`` until Ctrl-C. When a cluster can no longer be read, the last page is served again.

    Args:
        page: Reads the clusters and returns the page.
        host: The address to listen at.
        port: The port to listen at; 0 for any that is free.
    """
    latest, made = [page()], [time.monotonic()]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.partition("?")[0] not in ("/", "/lineage.html"):
                self.send_error(404)
                return
            if time.monotonic() - made[0] > _FRESH:
                made[0] = time.monotonic()
                try:
                    latest[0] = page()
                except (ConnectError, StateError) as error:
                    click.echo(f"Warning: {error}", err=True)
            body = latest[0].encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Log no request."""

    try:
        server = ThreadingHTTPServer((host, port), Handler)
    except OSError as error:
        raise click.ClickException(f"{host}:{port}: {error.strerror}; choose another --port") from None
    with server:
        click.echo(f"http://{host}:{server.server_address[1]}/   (Ctrl-C ends)", err=True)
        with suppress(KeyboardInterrupt):
            server.serve_forever()
