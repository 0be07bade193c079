"""``kc-lineage prune``: delete old runs of clusters from Dagster's history; partitions keep their status."""

from __future__ import annotations

import click

from kc_lineage_dagster.cli.arguments import recipes_named
from kc_lineage_dagster.defs.home import instance_of_home
from kc_lineage_dagster.defs.names import Names
from kc_lineage_dagster.defs.prune import DAYS, Pruned, prune
from kc_lineage_dagster.wording import counted


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME|RECIPE]...")
@click.option(
    "--older-than-days",
    type=click.FloatRange(min=0),
    help=(
        "Delete runs that were created more than this many days ago."
        f"  [default: the recipe's options.prune_after_days, else {DAYS}]"
    ),
)
@click.option("--dry-run", is_flag=True, help="Count the runs that would be deleted, and delete nothing.")
def command(names: tuple[str, ...], older_than_days: float | None, dry_run: bool) -> None:
    """Delete old runs of clusters from Dagster's history.

    NAME is the short name of a recipe in the file or folder that KC_LINEAGE_RECIPES names, RECIPE the file of a recipe.
    Without an argument the runs of all recipes of KC_LINEAGE_RECIPES are pruned. A run stays while it has not ended, or
    holds the newest materialization of an asset or a partition. Works on the Dagster instance of DAGSTER_HOME.

    \b
    kc-lineage prune --dry-run
    kc-lineage prune payments --older-than-days 30

    Exits with 1 when a recipe cannot be used; the others are pruned.
    """
    files = recipes_named(names)
    problems = [file.problem for file in files if file.problem]
    with instance_of_home() as instance:
        for file in files:
            if file.problem:
                continue
            days = older_than_days if older_than_days is not None else file.options.prune_after_days or DAYS
            found = prune(instance, Names(file.slug), days, dry_run=dry_run)
            click.echo(f"{file.slug}: {_would(found) if dry_run else found}")
    for problem in problems:
        click.secho(f"Error: {problem}", fg="red", err=True)
    if problems:
        raise SystemExit(1)


def _would(found: Pruned) -> str:
    return f"would delete {counted(found.deleted, 'old run')} and keep {found.kept}; nothing is deleted in a dry run"
