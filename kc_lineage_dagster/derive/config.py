"""Reads values of Kafka Connect configurations: texts, lists, booleans, and values hidden behind references."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping

from kc_lineage_dagster.derive.watched import Watched

Config = Mapping[str, str]

REFERENCE = "is a reference that only the worker can resolve: give its value in provided_configs of the recipe"

# KIP-891; where a configuration does not hold it, the installed version stands here for families to see
VERSION = "connector.plugin.version"

# org.apache.kafka.common.config.ConfigTransformer: ${provider:[path:]key}; ${topic} and the like have no colon
_REFERENCE = re.compile(r"\$\{[^${}:]*:[^{}]*\}")


def first(config: Config, *keys: str) -> str | None:
    """Return the value of the first key that is present and not blank; newer names go first."""
    for key in keys:
        value = config.get(key)
        if value and (value := value.strip()):
            return value
    return None


def items(value: str | None) -> tuple[str, ...]:
    """Return a comma-separated list (Kafka's type LIST): blanks around items and empty items do not count."""
    return tuple(item for raw in (value or "").split(",") if (item := raw.strip()))


def pairs(value: str | None, separator: str = ":") -> dict[str, str]:
    """Return a comma-separated list of ``a:b``; entries without the separator do not count."""
    split = (item.rpartition(separator) for item in items(value))
    return {left.strip(): right.strip() for left, middle, right in split if middle}


def flag(config: Config, *keys: str, default: bool = False) -> bool:
    """Return a boolean as Kafka's ConfigDef reads it: only ``true`` is true, in any case.

    Args:
        config: The configuration.
        keys: Keys of the same setting, newest first; the first that is set decides.
        default: The answer where none is set.
    """
    value = first(config, *keys)
    return default if value is None else value.lower() == "true"


def is_reference(value: str) -> bool:
    """Tell whether a value holds ``${provider:...}``, which the REST API never resolves."""
    return "${" in value and _REFERENCE.search(value) is not None


def entries(config: Config, chosen: Callable[[str, str], object]) -> dict[str, str]:
    """Return the entries that ``chosen`` says True of, given key and value; of a watched one no other key is noted."""
    return {key: config[key] for key, value in unwatched(config).items() if chosen(key, value)}


def stripped(config: Config, prefix: str) -> Config:
    """Return the entries below a prefix, without it; of a watched one, a part that is watched too.

    >>> stripped({"predicates.own.type": "T", "topics": "a"}, "predicates.own.")
    {'type': 'T'}
    """
    below = {key[len(prefix) :]: value for key, value in unwatched(config).items() if key.startswith(prefix)}
    return part(config, prefix, below)


def replaced(config: Config, values: Mapping[str, str]) -> Config:
    """Return a configuration with these entries added or put in the place of others.

    >>> replaced({"topics": "a"}, {"topics": "b"})
    {'topics': 'b'}
    """
    return part(config, "", {**unwatched(config), **values})


def without(config: Config, keys: Collection[str]) -> Config:
    """Return a configuration in which these keys are absent.

    >>> without({"topics": "a", "name": "crm"}, {"topics"})
    {'name': 'crm'}
    """
    return part(config, "", {key: value for key, value in unwatched(config).items() if key not in keys})


def part(config: Config, beginning: str, held: Mapping[str, str]) -> Config:
    """Return a part of a configuration, which is watched where the configuration is.

    Args:
        config: The configuration.
        beginning: What the keys of the part begin with in the configuration.
        held: The part's entries.
    """
    return config.part(beginning, held) if isinstance(config, Watched) else held


def unwatched(config: Config) -> Config:
    """Return a configuration as it is without anybody watching: for looks at keys that decide nothing."""
    return config.held if isinstance(config, Watched) else config


def major_version(config: Config) -> int | None:
    """Return the connector's major version, None where nothing tells it (a range of ``connector.plugin.version`` does
    not).
    """
    found = re.match(r"v?(\d+)(?=\.|$)", first(config, VERSION) or "")
    return int(found[1]) if found else None
