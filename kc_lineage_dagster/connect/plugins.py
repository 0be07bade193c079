"""Ask the worker what its plugins say of themselves: which keys are secret, which classes are sources or sinks.

A plugin declares its secret keys with the type PASSWORD (``GET /connector-plugins/{class}/config``).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kc_lineage_dagster.connect.answers import PLUGINS, PLUGINS_BEFORE_3_2, Answers, segment
from kc_lineage_dagster.connect.listing import concurrently
from kc_lineage_dagster.connect.parse import KINDS, WrongShapeError, password_keys_of
from kc_lineage_dagster.errors import ConnectError, ConnectNotFound
from kc_lineage_dagster.wording import encodable

PasswordKeys = Mapping[str, frozenset[str]]

# Classes whose definitions are asked for although the worker does not list them as installed. A real cluster names
# dozens of classes, so more than 300 are a mistake or an attack.
_MOST_CLASSES = 300
_LONGEST_CLASS = 300  # characters
_CONVERTERS = frozenset(("key.converter", "value.converter", "header.converter"))
_KAFKAS_OWN = re.compile(
    r"(?:org\.apache\.kafka\.connect\.(?:transforms|json|storage|converters)\.[\w.$]+|JsonConverter|StringConverter)$"
)


def plugins_of(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (prefix of its keys, class) for the connector, its transforms, predicates and converters."""
    for key, value in config.items():
        if not isinstance(value, str):
            continue
        if key == "connector.class":
            prefix = ""
        elif key in _CONVERTERS:
            prefix = f"{key}."
        elif key.endswith(".type") and key.startswith(("transforms.", "predicates.")):
            prefix = key.removesuffix("type")
        else:
            continue
        if value.strip():
            yield prefix, value.strip()


def secret_keys_of(plugins: Iterable[tuple[str, str]], known: PasswordKeys) -> frozenset[str]:
    """Return the keys of a configuration that its plugins declare as PASSWORD. ``plugins``: of ``plugins_of``."""
    return frozenset(prefix + key for prefix, name in plugins for key in known.get(name, ()))


@dataclass(frozen=True, slots=True)
class Regions:
    """Prefixes of a configuration's keys, by plugin: ``""`` is the connector's own, ``transforms.mask.`` a transform's.

    ``defined``: the definitions of the class are known. ``undefined``: they are not, so nobody tells what is secret
    there.
    """

    defined: frozenset[str] = frozenset()
    undefined: frozenset[str] = frozenset()


def regions_of(plugins: Iterable[tuple[str, str]], known: PasswordKeys) -> Regions:
    """Divide a configuration by plugins. Kafka's own transforms, predicates and converters declare no PASSWORD.

    ``plugins``: of ``plugins_of``. ``known``: class -> its keys of type PASSWORD.
    """
    classes = {"": "", **dict(plugins)}
    undefined = {prefix for prefix, name in classes.items() if name not in known and not _KAFKAS_OWN.match(name)}
    return Regions(frozenset(classes.keys() - undefined), frozenset(undefined))


@dataclass(frozen=True, slots=True)
class Definitions:
    """What the definitions of plugins say about secrets.

    Args:
        password_keys: Class -> its keys of type PASSWORD, for the classes whose definitions are known.
        problems: Class -> why its definitions could not be read this time, in one line.
    """

    password_keys: dict[str, frozenset[str]]
    problems: dict[str, str]


def ask_definitions(
    answers: Answers, configs: Iterable[Any], known: PasswordKeys, again: bool, installed: Collection[str] = ()
) -> Definitions:
    """Ask once for the definitions of every class that configurations name.

    Args:
        answers: The worker, or a saved cluster.
        configs: The configurations; what is none is passed over.
        known: Class -> password keys of an earlier reading; they stay where a class gives no answer this time.
        again: Ask for known classes too, because a plugin may have been upgraded.
        installed: Classes that the worker lists. All of them are asked for, and of others the first 300.
    """
    classes = {name for config in configs if isinstance(config, Mapping) for _, name in plugins_of(config)}
    usable = sorted(name for name in classes if len(name) <= _LONGEST_CLASS and encodable(name) == name)
    wanted = [name for name in usable if (again or name not in known) and "${" not in name]
    others = [name for name in wanted if name not in installed][:_MOST_CLASSES]
    asked = [*(name for name in wanted if name in installed), *others]
    found = dict(zip(asked, concurrently(answers, lambda name: _ask(answers, name), asked), strict=True))
    keys = {name: answer for name, answer in found.items() if isinstance(answer, frozenset)}
    earlier = {name: known[name] for name in usable if name in known}
    problems = {name: answer for name, answer in found.items() if isinstance(answer, str)}
    return Definitions(earlier | keys, problems)


def _ask(answers: Answers, name: str) -> frozenset[str] | str | None:
    """Return the keys of type PASSWORD, None where the worker has no definitions, a line where it failed to tell."""
    try:
        return password_keys_of(answers.get(f"/connector-plugins/{segment(name)}/config"))
    except ConnectNotFound:
        return None
    except ConnectError as error:
        return error.reason
    except WrongShapeError as error:
        return str(error)


@dataclass(frozen=True, slots=True)
class Installed:
    """The plugins of a worker, by class; empty when not known.

    ``kinds``: ``source``, ``sink``, ``transformation`` ... ``versions``: of those that are there in one version only.
    """

    kinds: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)


def installed_plugins(answers: Answers) -> Installed:
    """Return what ``/connector-plugins`` lists."""
    for path in (PLUGINS, PLUGINS_BEFORE_3_2):
        try:
            body = answers.get(path)
        except ConnectError:
            continue
        if isinstance(body, list):
            return _installed([entry for entry in body if isinstance(entry, Mapping)])
    return Installed()


def _installed(entries: Iterable[Mapping[str, Any]]) -> Installed:
    kinds: dict[str, str] = {}
    versions: dict[str, set[str]] = {}
    for entry in entries:
        if isinstance(entry.get("class"), str):
            name, version = encodable(entry["class"]), entry.get("version")
            kinds[name] = str(entry.get("type", "")).lower()
            versions.setdefault(name, set()).add(encodable(version) if isinstance(version, str) else "")
    known = {name: next(iter(found)) for name, found in versions.items() if len(found) == 1}
    return Installed(kinds, {name: version for name, version in known.items() if version})


def kind_by_plugin(connector_class: str | None, plugins: Mapping[str, str]) -> str:
    """Return the kind that ``/connector-plugins`` gives for a class or its alias, else ``unknown``.

    Aliases are the simple name, with or without ``Connector`` (org.apache.kafka.connect.runtime.isolation.PluginUtils).
    """
    if not connector_class:
        return "unknown"
    kind = plugins.get(connector_class, "")
    if not kind and "." not in connector_class:
        simple = {name.rpartition(".")[2]: kind for name, kind in plugins.items()}
        kind = simple.get(connector_class) or simple.get(f"{connector_class}Connector") or ""
    return kind if kind in KINDS else "unknown"
