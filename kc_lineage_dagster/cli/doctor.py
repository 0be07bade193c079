"""``kc-lineage doctor``: tell in plain words what is missing before the first run of a recipe."""

from __future__ import annotations

import click

from kc_lineage_dagster.cli.arguments import recipes_named
from kc_lineage_dagster.run.doctor import examine
from kc_lineage_dagster.state.other_recipes import with_notes
from kc_lineage_dagster.wording import printable

_COLORS = {True: "green", False: "red", None: "yellow"}


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME|RECIPE]...")
def command(names: tuple[str, ...]) -> None:
    """Try the recipe, Connect, DataHub and the state of each cluster, and say what is missing.

    NAME is the short name of a recipe in the file or folder that KC_LINEAGE_RECIPES names, RECIPE the file of a recipe.
    Without an argument all recipes of KC_LINEAGE_RECIPES are tried. Writes nothing to Connect or DataHub, and shows no
    secret.

    \b
    kc-lineage doctor
    kc-lineage doctor payments
    KC_LINEAGE_RECIPES=/etc/kc-lineage/recipes kc-lineage doctor

    Exits with 1 when something is missing.
    """
    from kc_lineage_dagster.defs.accepted import accepted  # Dagster takes a while to load

    missing = 0
    for file in map(accepted, recipes_named(names, with_notes)):
        click.secho(file.slug, bold=True)
        for finding in examine(file):
            click.secho(printable(str(finding)), fg=_COLORS[finding.ok])
            missing += finding.ok is False
    click.echo(f"{missing} missing" if missing else "nothing is missing")
    if missing:
        raise SystemExit(1)
