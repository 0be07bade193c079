"""Which family a connector's class belongs to: loads every module of ``families/``, and refuses a class that two of
them claim.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

from kc_lineage_dagster.derive import families
from kc_lineage_dagster.derive.family import Family
from kc_lineage_dagster.lineage import Unresolved


@dataclass(frozen=True, slots=True)
class SharedAlias(Unresolved):
    """A short name that several families share, so that only the full class name tells which one is meant."""


@dataclass(frozen=True, slots=True)
class Registry:
    """The families, and how to find the one of a class.

    Args:
        families: All of them, in the order of their modules.
        by_class: Full class name, or managed name of Confluent Cloud -> family.
        by_alias: Short alias -> the full class names that it may stand for.
    """

    families: tuple[Family, ...]
    by_class: Mapping[str, Family]
    by_alias: Mapping[str, frozenset[str]]

    def find(self, class_name: str, kind: str = "unknown", plugin_classes: Collection[str] = ()) -> Family | Unresolved:
        """Return the family of a class, of a managed name of Confluent Cloud, or of an alias.

        An alias is the simple name, or that without ``Connector``
        (``org.apache.kafka.connect.runtime.isolation.PluginUtils``). Several families may share one, and so may a
        managed name: then the worker's plugins decide, and ``kind``.

        Args:
            class_name: The value of ``connector.class``.
            kind: ``source`` or ``sink``, as the worker reports it, or ``unknown``.
            plugin_classes: The connector classes that the worker has installed; () where that is not known.
        """
        alias = "." not in class_name
        meant = {name for name in plugin_classes if class_name in _aliases(name)} if alias else set()
        family = None if meant and class_name not in plugin_classes else self.by_class.get(class_name)
        if family is None:
            candidates = self.by_alias.get(class_name, frozenset())
            found = {
                self.by_class[name].name: self.by_class[name]
                for name in (meant or candidates) & self.by_class.keys()
                if kind in ("unknown", self.by_class[name].direction)
            }
            if not found and (of_package := self._of_package(class_name)):
                return of_package
            if not found:
                return Unresolved(
                    ", ".join(sorted(meant)) or class_name,
                    "the connector class is not known: name its dataset in generic_connectors of the recipe",
                )
            if len(found) > 1:
                return SharedAlias(
                    class_name, f"the alias is shared by {', '.join(sorted(found))}: use the full class name"
                )
            family = next(iter(found.values()))
        if kind not in ("unknown", family.direction):
            return Unresolved(
                class_name, f"the worker reports a {kind}, but the class is known as a {family.direction}"
            )
        return family

    def _of_package(self, class_name: str) -> Family | None:
        """Return the family that takes the remaining classes of a package, by the ending of the class's name."""
        packages = ((family, f"{family.direction.capitalize()}Connector") for family in self.families if family.package)
        fitting = (
            one for one, end in packages if class_name.startswith(f"{one.package}.") and class_name.endswith(end)
        )
        return next(fitting, None)


@lru_cache(maxsize=1)
def registry() -> Registry:
    """Return the families of ``derive/families``: each module's ``FAMILY``, or ``FAMILIES`` where one rule serves
    several.
    """
    found: list[Family] = []
    for module in sorted(pkgutil.iter_modules(families.__path__), key=lambda item: item.name):
        loaded = importlib.import_module(f"{families.__name__}.{module.name}")
        found.extend(getattr(loaded, "FAMILIES", None) or ([loaded.FAMILY] if hasattr(loaded, "FAMILY") else []))
    return build_registry(found)


def build_registry(found: Collection[Family]) -> Registry:
    """Return a registry of these families.

    Raises:
        ValueError: For a class that two families claim; the message names both.
    """
    by_class: dict[str, Family] = {}
    by_alias: defaultdict[str, set[str]] = defaultdict(set)
    for family in found:
        for name in family.classes:
            if name in by_class:
                raise ValueError(f"{name} is claimed by {by_class[name].name} and {family.name}")
            by_class[name] = family
            for alias in _aliases(name):
                by_alias[alias].add(name)
    return Registry(tuple(found), by_class, {alias: frozenset(names) for alias, names in by_alias.items()})


def _aliases(class_name: str) -> set[str]:
    if "." not in class_name:
        return set()
    simple = class_name.rpartition(".")[2]
    return {simple, simple.removesuffix("Connector")} - {""}
