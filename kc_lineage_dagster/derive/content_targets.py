"""Finds targets that a sink names after what change events say of their origin (``landing_${source.table}``).

The configuration tells the rest of such a name. Where exactly one dataset of the catalog has a name of that shape,
that dataset is the target.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from kc_lineage_dagster.derive.catalog import Catalog
from kc_lineage_dagster.derive.config import Config, entries
from kc_lineage_dagster.lineage import Dataset

# From fields of ``source`` and what every record holds in them to the one dataset that is written to.
TargetOfFields = Callable[[Mapping[str, str]], "Dataset | None"]

_FROM_SOURCE = re.compile(r"\$\{source\.([^{}]+)\}")
# Words that no name is made of; no letter case or folding tells them apart.
_WORDS = ("kc0one{}x0", "kc0two{}x0")
_HOLE, _PIECES = re.compile("\0"), re.compile("(\0)")


def fitting_targets(config: Config, target_of: TargetOfFields, catalog: Catalog) -> Iterable[Dataset]:
    """Return the datasets of the catalog whose names a template over ``source`` can make; () where the template says
    nothing of the table's own name.

    Args:
        config: The sink's configuration; its values hold the template.
        target_of: From the fields of ``source`` and their texts to the dataset that the sink would write; None where it
            would write none or several.
        catalog: What is known beyond Connect.
    """
    templates = entries(config, lambda _, text: _FROM_SOURCE.search(text))
    fields = dict.fromkeys(name for text in templates.values() for name in _FROM_SOURCE.findall(text))
    if not fields:
        return ()
    filled = [{name: word.format(at) for at, name in enumerate(fields)} for word in _WORDS]
    one, other = map(target_of, filled)
    shapes = {_shape(target, words) for target, words in zip((one, other), filled, strict=True) if target}
    shape = shapes.pop() if len(shapes) == 1 and one and other else None
    if one is None or shape is None or not _HOLE.sub("", shape.rpartition(".")[2]):
        return ()
    regex = re.compile("".join("[^.]+" if _HOLE.fullmatch(part) else re.escape(part) for part in _PIECES.split(shape)))
    names = (name for name in catalog.datasets(one.platform) if regex.fullmatch(name.lower()))
    return (Dataset(one.platform, name, one.instance) for name in names)


def _shape(target: Dataset, words: Mapping[str, str]) -> str:
    """Return a name in lower case with a NUL in place of each word."""
    name = target.name.lower()
    for word in words.values():
        name = name.replace(word, "\0")
    return name
