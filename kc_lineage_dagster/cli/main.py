"""The command ``kc-lineage``: finds the subcommand, runs it, and shows a failure in one line.

Exit codes: 0 the work is done; 1 it failed, or it found what it was asked to look for; 2 the command line is wrong.
Results go to stdout, everything else to stderr.
"""

from __future__ import annotations

import logging
import os
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click

from kc_lineage_dagster.errors import KcLineageError
from kc_lineage_dagster.version import code_version
from kc_lineage_dagster.wording import printable

# subcommand -> (module of ``cli`` that holds it as ``command``, what the subcommand does in one line). A module is
# loaded when its subcommand is used, so that `lineage` in a pull request does not load what only `demo` needs.
_COMMANDS = {
    "demo": ("demo", "Run the main job on a saved cluster, into DataHub Lite."),
    "doctor": ("doctor", "Say what is missing before the first run of a recipe."),
    "lineage": ("lineage", "Show what each connector reads and writes."),
    "preview": ("preview", "Show what a sync would create, change and remove."),
    "page": ("page", "Draw the lineage of one or more clusters as one HTML file."),
    "record": ("record", "Save a cluster's answers, without secrets, as a file."),
    "prune": ("prune", "Delete old runs from Dagster's history; partitions keep their status."),
    "connectors": ("connectors", "Say which connector classes are understood, and by which rule."),
}
_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)


class _Stderr(logging.Handler):
    """Writes log lines to the current ``sys.stderr``, which may have been replaced since the handler was made."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record, line by line: a record with a stack has several."""
        for line in self.format(record).splitlines():
            click.echo(printable(line), err=True)


class _Subcommands(click.Group):
    """Imports a subcommand when it is used, and shows an expected failure of it as one line on stderr."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the subcommands in the order in which a newcomer meets them."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the subcommand of this name; None when there is none."""
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"kc_lineage_dagster.cli.{_COMMANDS[cmd_name][0]}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in _COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand.

        Raises:
            click.UsageError: For an unknown name; the message suggests a similar one.
        """
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = get_close_matches(args[0], _COMMANDS, n=1)
            if near and "Did you mean" not in error.message:
                raise click.UsageError(f"{error.message} Did you mean {near[0]!r}?", ctx) from None
            raise

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand. For a KcLineageError print its message to stderr and exit with 1."""
        try:
            return super().invoke(ctx)
        except KcLineageError as error:
            click.secho(f"Error: {error}", fg="red", err=True)
            ctx.exit(1)


@click.group(
    cls=_Subcommands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Everything is documented in docs/ of the project; start with `kc-lineage demo`.",
)
@click.option("-v", "--verbose", count=True, help="Log more to stderr: -v what is done, -vv every request.")
@click.version_option(code_version(), "-V", "--version", prog_name="kc-lineage")
@click.pass_context
def main(ctx: click.Context, verbose: int) -> None:
    """Kafka Connect lineage: which table feeds which topic, and which topic feeds which table.

    \b
    kc-lineage demo                                   see it work, in a minute
    kc-lineage lineage connectors/                    a folder of connector files, before they are deployed
    kc-lineage lineage http://connect:8083            a live cluster
    kc-lineage lineage payments.yml --format json     the cluster of a DataHub recipe
    kc-lineage doctor                                 is everything there for the recipes in KC_LINEAGE_RECIPES?

    Exit codes: 0 done, 1 failed or found what it was asked to look for, 2 wrong usage. Results go to stdout,
    everything else to stderr. NO_COLOR is respected.
    """
    if os.environ.get("NO_COLOR"):
        ctx.color = False
    handler = _Stderr()
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    log = logging.getLogger("kc_lineage_dagster")
    log.handlers[:] = [handler]
    log.setLevel(_LEVELS[min(verbose, len(_LEVELS) - 1)])
