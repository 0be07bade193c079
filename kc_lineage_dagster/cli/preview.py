"""``kc-lineage preview``: show what a sync would create, change and remove, as a diff. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterator

import click

from kc_lineage_dagster.cli.arguments import recipe_named
from kc_lineage_dagster.cli.formats import ClusterLineage
from kc_lineage_dagster.cli.lineage import find
from kc_lineage_dagster.errors import RecipeError
from kc_lineage_dagster.recipe.files import RecipeFile
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.run.preview import compared, preview
from kc_lineage_dagster.wording import counted, printable

_COMMENT = 60_000  # characters of the diff; GitHub takes at most 65,536 in a comment
_COLORS = {"-": "red", "+": "green", "?": "yellow"}


@click.command()
@click.argument("recipe", metavar="RECIPE|SAVED")
@click.option(
    "--against",
    metavar="RECIPE|SAVED|URL",
    help="Compare with this cluster's lineage, not with what the last sync left: the base branch's folder, say.",
)
@click.option("--recipe", "rules", metavar="RECIPE", help="Names and options for saved clusters, as in `lineage`.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown"]),
    default="text",
    show_default=True,
    help="markdown: a comment for a pull request.",
)
@click.option("--exit-code", is_flag=True, help="Exit with 1 when anything would change.")
def command(recipe: str, against: str | None, rules: str | None, form: str, exit_code: bool) -> None:
    """Show what a sync of RECIPE would create, change and remove. Sends nothing and writes nothing.

    Lines with + and - are edges, with ? unresolved items. Without --against the last sync's state is needed (the same
    KC_LINEAGE_STATE or DAGSTER_HOME), and RECIPE is a recipe; a recipe without state shows everything as new.

    \b
    kc-lineage preview payments.yml
    kc-lineage preview connectors/ --against base/connectors/ --recipe payments.yml --format markdown --exit-code
    """
    if against is None:
        cluster = Cluster.of(recipe_named(recipe))
        found = preview(cluster, cluster)
    else:
        rule = recipe_named(rules) if rules else None
        before, now = (_read(argument, rule) for argument in (against, recipe))
        unclear = {**_perhaps_there(before, now), **_perhaps_there(now, before), **before.unread, **now.unread}
        found = compared(before.lineages, now.lineages, unclear)
    lines = [printable(line) for line in found.lines]
    for line in _markdown(lines, found.summary) if form == "markdown" else _text(lines, found.summary):
        click.echo(line)
    if exit_code and lines:
        raise SystemExit(1)


def _perhaps_there(here: ClusterLineage, there: ClusterLineage) -> dict[str, str]:
    """Return connectors of ``there`` that cannot be called gone from ``here`` -> the reason.

    A connector that is missing ``here`` may be in one of the files that could not be read.
    """
    if here.snapshot is None or not here.snapshot.unread_files:
        return {}
    known = {one.connector for one in here.lineages}
    reason = f"it may stand in a file of {here.argument} that could not be read"
    return {one.connector: reason for one in there.lineages if one.connector not in known}


def _read(argument: str, rules: RecipeFile | None) -> ClusterLineage:
    found = find(argument, rules)
    if found.problem is not None:
        raise RecipeError(found.problem)
    return found


def _text(lines: list[str], summary: str) -> Iterator[str]:
    for line in lines:
        yield click.style(line, fg=_COLORS.get(line.strip()[:1]))
    yield click.style(summary, bold=True)


def _markdown(lines: list[str], summary: str) -> Iterator[str]:
    """Yield a comment for a pull request. Signs move to the first column, by which GitHub and GitLab color a diff."""
    yield f"**Lineage:** {summary}"
    if not lines:
        return
    yield ""
    yield "```diff"
    length = 0
    for number, line in enumerate(lines):
        shown = line.replace("```", "` ` `")
        shown = shown[2:] if shown.startswith("  ") and shown.strip()[:1] in _COLORS else f"  {shown}"
        length += len(shown) + 1
        if length > _COMMENT:
            yield f"  ... {counted(len(lines) - number, 'more line')}"
            break
        yield shown
    yield "```"
