"""Read connectors of Terraform: a plan or state as JSON (``terraform show -json``), a state file, and JSON syntax.

Resources: ``confluent_connector`` (registry.terraform.io/providers/confluentinc/confluent), ``aiven_kafka_connector``
(aiven/aiven), ``aws_mskconnect_connector`` (hashicorp/aws), ``kafka-connect_connector`` (Mongey/kafka-connect). What is
sensitive, or known only after apply, becomes a reference that cannot be resolved: the key is there, so nothing is
derived from its absence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kc_lineage_dagster.connect.forms.content import Content, Other, mapping, posted
from kc_lineage_dagster.connect.parse import connector_state


@dataclass(frozen=True, slots=True)
class _Resource:
    """The attributes of a resource type that hold a connector.

    Args:
        config: Attribute of the configuration.
        name: Attribute of the connector's name.
        sensitive: Attribute of the sensitive part of the configuration; ``""`` where there is none.
    """

    config: str
    name: str = "name"
    sensitive: str = ""


_TYPES = {
    "confluent_connector": _Resource("config_nonsensitive", sensitive="config_sensitive"),
    "aiven_kafka_connector": _Resource("config", name="connector_name"),
    "aws_mskconnect_connector": _Resource("connector_configuration"),
    "kafka-connect_connector": _Resource("config", sensitive="config_sensitive"),
}
RESOURCES = tuple(_TYPES)
_INTERPOLATION = re.compile(r"\$\{(?!\w*:)[^}]*\}")


def read(document: Mapping[str, Any], stem: str) -> Iterator[Content] | None:
    """Read any of Terraform's JSON documents; return None for any other document.

    ``stem``: the file's name without its ending, which messages show.
    """
    for key in ("planned_values", "values"):
        if "format_version" in document and isinstance(document.get(key), Mapping):
            return _all(
                _of_modules(mapping(document[key]).get("root_module")), _unknown(document), f"a {stem} of Terraform"
            )
    if "terraform_version" in document and isinstance(document.get("resources"), list):
        return _all(_of_state(document["resources"]), {}, "a state of Terraform")
    if isinstance(document.get("resource"), (Mapping, list)) and document.keys() <= _SYNTAX:
        return _all(_of_syntax(document["resource"]), {}, "Terraform without connectors")
    return None


_SYNTAX = frozenset(
    (
        "resource",
        "data",
        "variable",
        "output",
        "provider",
        "terraform",
        "module",
        "locals",
        "moved",
        "import",
        "check",
        "//",
    )
)
_Instance = tuple[str, str, Mapping[str, Any]]  # address, type, attributes


def _all(instances: Iterator[_Instance], unknown: Mapping[str, Any], what: str) -> Iterator[Content]:
    found = False
    for address, kind, attributes in instances:
        if kind in _TYPES:
            found = True
            yield _connector(address, _TYPES[kind], attributes, mapping(unknown.get(address)))
    if not found:
        yield Other(what)


def _connector(address: str, resource: _Resource, attributes: Mapping[str, Any], unknown: Mapping[str, Any]) -> Content:
    config = attributes.get(resource.config)
    if unknown.get(resource.config) is True or not isinstance(config, Mapping):
        config = {} if unknown.get(resource.config) is True else config
    hidden = {key: f"${{terraform:{key}}}" for key in mapping(unknown.get(resource.config))}
    secret = {key: f"${{sensitive:{key}}}" for key in mapping(attributes.get(resource.sensitive))}
    if isinstance(config, Mapping):
        config = {**{key: _plain(value) for key, value in config.items()}, **secret, **hidden}
    name = attributes.get(resource.name) or mapping(config).get("name")
    return posted(name, config, address, state=connector_state(attributes.get("status")))


def _plain(value: Any) -> Any:
    """Return a value with each of Terraform's expressions, such as ``${var.topic}``, as an unresolvable reference."""
    return _INTERPOLATION.sub("${terraform:expression}", value) if isinstance(value, str) else value


def _of_modules(module: Any) -> Iterator[_Instance]:
    pending = [mapping(module)]
    while pending:
        one = pending.pop()
        for resource in map(mapping, _listed(one.get("resources"))):
            yield str(resource.get("address")), str(resource.get("type")), mapping(resource.get("values"))
        pending.extend(map(mapping, _listed(one.get("child_modules"))))


def _of_state(resources: list[Any]) -> Iterator[_Instance]:
    for resource in map(mapping, resources):
        kind, name = str(resource.get("type")), str(resource.get("name"))
        for instance in map(mapping, _listed(resource.get("instances"))):
            key = instance.get("index_key")
            address = f"{kind}.{name}" + ("" if key is None else f"[{key}]")
            yield address, kind, mapping(instance.get("attributes"))


def _of_syntax(blocks: Any) -> Iterator[_Instance]:
    """Yield the instances of ``{"resource": {type: {name: body}}}``; every level may be a list of such objects."""
    for by_type in _blocks(blocks):
        for kind, named in by_type.items():
            for by_name in _blocks(named):
                for name, bodies in by_name.items():
                    yield from ((f"{kind}.{name}", str(kind), body) for body in _blocks(bodies))


def _unknown(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known only after apply: address -> attributes that are ``true`` there."""
    changes = map(mapping, _listed(document.get("resource_changes")))
    return {str(one.get("address")): mapping(one.get("change")).get("after_unknown") for one in changes}


def _blocks(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, Mapping)]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
