"""Datasets and topics under the names they have in Dagster: asset keys, and columns in Dagster's own form."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from dagster import AssetKey, TableColumnDep, TableColumnLineage

from kc_lineage_dagster.emit.urns import Naming, dataset_instance
from kc_lineage_dagster.lineage import Dataset, Edge

# From a dataset, whose ``instance`` is what the recipe's maps say, to its asset key; None leaves it out.
Translator = Callable[[Dataset], AssetKey | None]
# The same, for a dataset as one connector sees it.
KeyOf = Callable[[str, Dataset], AssetKey | None]

_DEFAULT_ENV = "PROD"


def default_key(dataset: Dataset, env: str = _DEFAULT_ENV, lowercase: bool = False) -> AssetKey:
    """``platform / name``, the name with its platform instance in front as in DataHub's URNs; datasets of another
    environment than PROD stand below its name, so that they stay apart.

    A slash in a name divides it: Dagster's web interface cannot follow a key that has one within a part.
    """
    name = dataset.name.lower() if lowercase else dataset.name
    full = f"{dataset.instance}.{name}" if dataset.instance else name
    above = [dataset.platform] if env == _DEFAULT_ENV else [env.lower(), dataset.platform]
    return AssetKey([part.encode("utf-8", "replace").decode() or "_" for part in (*above, *full.split("/"))])


def keys_of(naming: Naming, translator: Translator | None = None) -> KeyOf:
    """Asset keys of a cluster's datasets. Two connectors may see different instances under one name, as in URNs."""
    translate = translator or partial(default_key, env=naming.env, lowercase=naming.lowercase)

    def key_of(connector: str, dataset: Dataset) -> AssetKey | None:
        return translate(replace(dataset, instance=dataset_instance(naming, connector, dataset)))

    return key_of


def column_lineage(connector: str, edges: Iterable[Edge], key_of: KeyOf, most: int) -> TableColumnLineage | None:
    """Columns of the downstream datasets and those they are made of, where edges say so; at most ``most``.

    A connector may write several datasets, so a column is named ``dataset.column``. None when nothing is known.
    """
    found: dict[str, list[TableColumnDep]] = {}
    for edge in edges:
        upstream = key_of(connector, edge.upstream) if edge.upstream else None
        for pair in edge.fields if upstream else ():
            column = f"{edge.downstream.name}.{pair.downstream}"
            if pair.upstream and pair.downstream and (column in found or len(found) < most):
                deps = found.setdefault(column, [])
                deps += (TableColumnDep(upstream, name) for name in pair.upstream)  # type: ignore[arg-type]
    return TableColumnLineage(found) if found else None
