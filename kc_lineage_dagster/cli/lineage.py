"""``kc-lineage lineage``: derive the lineage of live or saved clusters, without Dagster and without DataHub."""

from __future__ import annotations

import json
import sys
from importlib import import_module

import click

from kc_lineage_dagster.cli import formats
from kc_lineage_dagster.cli.arguments import cluster_named, recipe_named
from kc_lineage_dagster.cli.formats import ClusterLineage
from kc_lineage_dagster.errors import KcLineageError
from kc_lineage_dagster.recipe.files import RecipeFile
from kc_lineage_dagster.run.beyond import beyond
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.run.derivation import deriving
from kc_lineage_dagster.wording import counted

_OPENLINEAGE = "kc_lineage_dagster.cli.openlineage"  # imported only when asked for: it needs an optional package


def find(argument: str, rules: RecipeFile | None = None) -> ClusterLineage:
    """Return the lineage of the cluster that one argument names. A failure is returned as ``error``, not raised.

    ``argument``: RECIPE, SAVED or URL; see ``arguments.cluster_named``.
    ``rules``: the recipe whose names and options hold for a saved cluster or an address; None: the defaults hold.
    """
    try:
        file = cluster_named(argument, rules)
    except KcLineageError as error:
        return ClusterLineage(argument, "", error=str(error))
    try:
        cluster = Cluster.of(file)
        snapshot = cluster.fetch()
        settings, naming = beyond(cluster, snapshot).settings, cluster.naming()
    except KcLineageError as error:
        return ClusterLineage(argument, file.slug, error=str(error))
    for note in settings.notes:
        click.echo(f"{file.slug}: {note}", err=True)
    derived = deriving(snapshot.connectors, settings)
    lineages = tuple(formats.with_instances(derived(connector), naming) for connector in snapshot.connectors)
    return ClusterLineage(argument, file.slug, lineages, snapshot.not_read, snapshot=snapshot, naming=naming)


@click.command()
@click.argument("clusters", nargs=-1, required=True, metavar="RECIPE|SAVED|URL...")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "mermaid", "openlineage"]),
    default="text",
    show_default=True,
    help="openlineage: one JobEvent per line (pip install 'kc-lineage-dagster[openlineage]').",
)
@click.option(
    "--fail-on",
    multiple=True,
    type=click.Choice(["unresolved", "unread"]),
    help="Exit with 1 when there is lineage that cannot be known, or a connector that cannot be read. May be repeated.",
)
@click.option(
    "--recipe",
    metavar="RECIPE",
    help="Take platform instances, cluster aliases and options from this recipe, for saved clusters and addresses.",
)
@click.option(
    "--why",
    is_flag=True,
    help="Name the configuration keys that decided each connector's lineage: in the text, or as `decided_by` in JSON.",
)
@click.option(
    "--namespace",
    "namespaces",
    multiple=True,
    metavar="PLATFORM[:INSTANCE]=NAMESPACE",
    help="OpenLineage's namespace of a platform's datasets, such as kafka=kafka://broker:9092. May be repeated.",
)
def command(
    clusters: tuple[str, ...],
    form: str,
    fail_on: tuple[str, ...],
    recipe: str | None,
    why: bool,
    namespaces: tuple[str, ...],
) -> None:
    """Show what each connector reads and writes, how that is known, and what nobody can know.

    Needs neither Dagster nor DataHub, nor the credentials of the recipe's sink. Each argument is a DataHub recipe (its
    file, or the short name of one in KC_LINEAGE_RECIPES), a saved cluster, or the address of a worker. A saved cluster
    is a file of `kc-lineage record`, the answer of GET /connectors?expand=info&expand=status, or a folder with a JSON
    or Strimzi YAML file per connector: lineage before anything is deployed. With use_schema_resolver, the DataHub
    of datahub_api, or of a sink whose variables are set, is asked for names and columns.

    \b
    kc-lineage lineage connectors/
    kc-lineage lineage connectors/ --recipe payments.yml --fail-on unresolved
    kc-lineage lineage connectors/ --why
    kc-lineage lineage recipes/*.yml --format json | jq '.[].connectors[].edges[]'
    kc-lineage lineage http://connect:8083 --format mermaid
    kc-lineage lineage payments.yml --format openlineage --namespace kafka=kafka://broker:9092

    Exits with 1 when an argument fails (the others are complete), or when --fail-on found something.
    """
    rules = recipe_named(recipe) if recipe else None
    given = _namespaces(namespaces, form)
    if why and form not in ("text", "json"):
        raise click.UsageError("--why is for --format text and json")
    if form == "openlineage":
        import_module(_OPENLINEAGE)  # fails here, before a cluster is read, when the package is missing
    found = [find(argument, rules) for argument in clusters]
    _show(found, form, given, why)
    problems = [one.problem for one in found if one.problem is not None]
    for what in dict.fromkeys(fail_on):
        problems += [f"{one.argument}: {line}" for one in found for line in _complaints(one, what)]
    for problem in problems:
        click.secho(f"Error: {problem}", fg="red", err=True)
    if problems:
        raise SystemExit(1)


def _namespaces(given: tuple[str, ...], form: str) -> dict[str, str]:
    """Return the values of ``--namespace``: platform or ``platform:instance`` -> namespace."""
    if given and form != "openlineage":
        raise click.UsageError("--namespace is for --format openlineage")
    found = {}
    for text in given:
        whose, _, namespace = text.partition("=")
        if not whose or not namespace:
            raise click.BadParameter(f"{text!r} is not PLATFORM=NAMESPACE, such as kafka=kafka://broker:9092")
        found[whose] = namespace
    return found


def _show(found: list[ClusterLineage], form: str, namespaces: dict[str, str], why: bool) -> None:
    if form == "openlineage":
        for line in import_module(_OPENLINEAGE).lines(found, namespaces):
            click.echo(line)
        return
    if form == "json":
        documents = [formats.json_document(one, why=why) for one in found]
        click.echo(json.dumps(documents, ensure_ascii=not _takes_unicode()))
        return
    if form == "text":
        click.echo("\n".join(line for one in found if one.error is None for line in formats.text(one, why=why)))
        return
    chart = "\n".join(formats.mermaid(found))
    edges = chart.count("-->")
    if edges > formats.MERMAID_EDGES or len(chart) > formats.MERMAID_CHARACTERS:
        click.echo(
            f"Warning: {counted(edges, 'arrow')} and {len(chart)} characters are more than Mermaid draws by default"
            f" ({formats.MERMAID_EDGES} and {formats.MERMAID_CHARACTERS}); `kc-lineage page` has no such limit",
            err=True,
        )
    click.echo(chart)


def _takes_unicode() -> bool:
    """Tell whether stdout can encode every character, which it cannot in a C locale."""
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def _complaints(found: ClusterLineage, what: str) -> list[str]:
    if what == "unread":
        return [f"{name} was not read: {why}" for name, why in sorted(found.unread.items())]
    return [
        f"{one.connector}: {counted(len(one.unresolved), 'unresolved item')}"
        for one in found.lineages
        if one.unresolved
    ]
