"""The command ``kc-lineage``: its subcommands, and what a failure looks like to whoever typed it.

Exit codes: 0 the work is done, 1 it failed or found what it was asked to look for, 2 the command line is wrong. Results
go to stdout, everything else to stderr.
"""

from __future__ import annotations

from importlib import import_module

import click

from kc_lineage_dagster.version import code_version

# subcommand -> the module of ``cli`` whose ``command`` it is; loaded when it is asked for, so that `lineage` in a pull
# request does not load what only `demo` needs
_COMMANDS = {"lineage": "lineage"}


class _Lazy(click.Group):
    """A group that imports a subcommand when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the subcommands in the order in which a newcomer meets them."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the subcommand; None when there is none of that name."""
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"kc_lineage_dagster.cli.{_COMMANDS[cmd_name]}").command
        return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(code_version(), prog_name="kc-lineage")
def main() -> None:
    """Kafka Connect lineage: what feeds which topic, and which topic feeds what.

    \b
    Examples:
      kc-lineage lineage connectors/                 the lineage of a folder of connector files
      kc-lineage lineage payments.yml --format json  of the cluster of a DataHub recipe
    """
