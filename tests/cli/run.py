"""The command, run inside the test's process."""

from __future__ import annotations

from click.testing import CliRunner, Result

from kc_lineage_dagster.cli.main import main


def kc_lineage(*arguments: object) -> Result:
    """Run ``kc-lineage`` with these arguments; an exception that it does not expect is raised here."""
    done = CliRunner().invoke(main, list(map(str, arguments)))
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done
