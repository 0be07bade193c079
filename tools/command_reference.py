"""Write ``docs/cli.md`` from the command itself: what each subcommand does, its options, examples.

python -m tools.command_reference docs/cli.md
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from kc_lineage_dagster.cli.main import main

_INTRODUCTION = """# The command `kc-lineage`

Written by `make docs` from the command itself; a test keeps it current.
"""
_UNWRAPPED = "\b"  # click's mark of a paragraph whose lines stay as they are: here, examples
_NAME = re.compile(
    r"`[^`]*`|(?<!\w)(?:[a-z]+\.)*[A-Za-z]+_\w+|(?<!\S)--[a-z][a-z-]+"
)  # code already, or a name that becomes code


def command_reference() -> str:
    """Return the page as markdown."""
    top = click.Context(main, info_name="kc-lineage")
    lines = [_INTRODUCTION, *_body(main, top)]
    for name in main.list_commands(top):
        command = main.get_command(top, name)
        if command is not None:
            lines += [f"## {name}", "", *_body(command, click.Context(command, parent=top, info_name=name))]
    return "\n".join(lines).rstrip() + "\n"


def _body(command: click.Command, context: click.Context) -> Iterator[str]:
    usage = " ".join(command.collect_usage_pieces(context))
    yield from ("```text", f"{context.command_path} {usage}", "```", "")
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        first, _, rest = paragraph.partition("\n")
        if first.strip() == _UNWRAPPED:
            yield from ("```sh", inspect.cleandoc(rest), "```", "")
        else:
            yield from (_prose(paragraph), "")
    records = [one.get_help_record(context) for one in command.params if isinstance(one, click.Option)]
    if any(records):
        yield from ("| option | meaning |", "| --- | --- |")
        yield from (f"| {_cell(f'`{names}`')} | {_cell(_prose(about))} |" for names, about in filter(None, records))
        yield ""


def _prose(text: str) -> str:
    """Return a text on one line as markdown, with the names of variables, fields and options as code."""
    return _NAME.sub(lambda name: f"`{name[0].strip('`')}`", " ".join(text.split()))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(command_reference(), encoding="utf-8")
