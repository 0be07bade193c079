"""Reads values of Kafka Connect configurations: texts, lists, booleans, and values hidden behind references."""

from __future__ import annotations

import re
from collections.abc import Mapping

Config = Mapping[str, str]

REFERENCE = "is a reference that only the worker can resolve: give its value in provided_configs of the recipe"

# KIP-891; where a configuration does not hold it, the installed version stands here for families to see
VERSION = "connector.plugin.version"

# org.apache.kafka.common.config.ConfigTransformer: ${provider:[path:]key}; ${topic} and the like have no colon
_REFERENCE = re.compile(r"\$\{[^${}:]*:[^{}]*\}")


def first(config: Config, *keys: str) -> str | None:
    """Return the value of the first key that is present and not blank; newer names go first."""
    return next((config[key].strip() for key in keys if config.get(key, "").strip()), None)


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


def stripped(config: Config, prefix: str) -> dict[str, str]:
    """Return the entries below a prefix, without it."""
    return {key[len(prefix) :]: value for key, value in config.items() if key.startswith(prefix)}


def major_version(config: Config) -> int | None:
    """Return the connector's major version, None where nothing tells it (a range of ``connector.plugin.version`` does
    not).
    """
    found = re.match(r"v?(\d+)(?=\.|$)", first(config, VERSION) or "")
    return int(found[1]) if found else None
