"""``kc-lineage record``: save a live cluster's answers, without secrets, in a file that ``connect_uri`` can name."""

from __future__ import annotations

import json
from pathlib import Path

import click

from kc_lineage_dagster.cli.arguments import cluster_named
from kc_lineage_dagster.connect.answers import EXPANDED
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.run.recording import record
from kc_lineage_dagster.wording import counted


@click.command()
@click.argument("cluster", metavar="URL|RECIPE")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("cluster.json"),
    show_default=True,
    help="Where to write the recording; - is stdout.",
)
def command(cluster: str, output: Path) -> None:
    """Save what a Connect cluster answers, without secrets: for a bug report, a test, or lineage without a worker.

    Secrets are removed by what the plugins declare, by key and by shape, in configurations, task configurations,
    traces and offsets. Names of tables, topics and hosts stay: look through the file before you share it. A worker
    that asks for credentials is named by a recipe. Nothing is written to the worker.

    \b
    kc-lineage record http://connect:8083
    kc-lineage record payments.yml -o payments.json
    kc-lineage lineage payments.json
    """
    answers = record(Cluster.of(cluster_named(cluster)))
    lines = (f"{json.dumps(path)}: {json.dumps(answer, sort_keys=True)}" for path, answer in answers.items())
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    if str(output) == "-":
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{output}: cannot be written: {error.strerror}") from None
    number = counted(len(answers[EXPANDED]), "connector")
    click.echo(f"{number} in {output}; look through it before you share it", err=True)
