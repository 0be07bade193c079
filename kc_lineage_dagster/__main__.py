"""``python -m kc_lineage_dagster``: the command ``kc-lineage``, where its script is not on the path."""

from kc_lineage_dagster.cli.main import main

main(prog_name="kc-lineage")
