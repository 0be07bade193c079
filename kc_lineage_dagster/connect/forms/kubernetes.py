"""Read resources of Kubernetes that hold connectors.

Strimzi: ``KafkaConnector`` ("KafkaConnectorSpec schema reference", strimzi.io/docs; the operator writes active topics
to ``status.topics`` and the worker's answer to ``status.connectorStatus``) and ``KafkaMirrorMaker2``. Confluent for
Kubernetes: ``Connector`` of ``platform.confluent.io`` (docs.confluent.io/operator/current/co-api.html). ns4kafka:
``Connector`` with ``spec.config`` (michelin.github.io/ns4kafka). A ``ConfigMap`` holds files; a ``Template`` of
OpenShift holds objects with parameters; lists hold items.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kc_lineage_dagster.connect.forms import mirror_maker
from kc_lineage_dagster.connect.forms.content import Content, Other, Posted, has_class, mapping, named, posted
from kc_lineage_dagster.connect.parse import connector_state, kind_from, kind_of
from kc_lineage_dagster.wording import encodable

Documents = Callable[[Any, str], Iterator[Content]]
Texts = Callable[[str, str], Iterator[Content]]

_PARAMETER = re.compile(r"\$\{\{?([A-Za-z0-9_]+)\}?\}")


def reader(documents: Documents, texts: Texts) -> Callable[[Mapping[str, Any], str], Iterator[Content] | None]:
    """Return a function that reads one resource; the function returns None for a document that is no resource.

    ``documents``: reads the documents of a list or template.
    ``texts``: reads a file of a ConfigMap, given its name and text.
    """

    def read(document: Mapping[str, Any], stem: str) -> Iterator[Content] | None:
        kind = document.get("kind")
        if not isinstance(kind, str) or "apiVersion" not in document:
            return None
        if isinstance(document.get("items"), list):
            return documents(document["items"], stem)
        if kind == "Template":
            return documents(_instantiated(document), stem)
        if kind == "ConfigMap":
            files = mapping(document.get("data")).items()
            return (found for name, text in files if isinstance(text, str) for found in texts(str(name), text))
        return _resource(document, kind, stem)

    return read


def _resource(document: Mapping[str, Any], kind: str, stem: str) -> Iterator[Content]:
    group, spec = str(document["apiVersion"]).partition("/")[0], mapping(document.get("spec"))
    if kind == "KafkaConnector":
        yield _strimzi(document, stem)
    elif kind == "KafkaMirrorMaker2":
        yield from mirror_maker.of_strimzi(document)
    elif kind == "Connector" and group == "platform.confluent.io":
        yield _confluent(document, stem)
    elif kind == "Connector" and has_class(spec.get("config")):
        yield posted(mapping(document.get("metadata")).get("name"), spec["config"], stem)
    else:
        yield Other(f"kind {encodable(kind)[:60]} ({encodable(group)[:60]})", may_hold=kind.endswith("Connector"))


def _strimzi(document: Mapping[str, Any], stem: str) -> Posted:
    name, spec, status = mapping(document.get("metadata")).get("name"), document.get("spec"), document.get("status")
    if not isinstance(spec, Mapping):
        return Posted(named(name, stem), {}, problem=f"spec is {kind_of(spec)}, not an object")
    config = spec.get("config") if spec.get("config") is not None else {}
    given = {"connector.class": spec.get("class"), "tasks.max": spec.get("tasksMax"), "name": name}
    answer = mapping(status).get("connectorStatus")
    topics = mapping(status).get("topics")
    return posted(
        name,
        _with(config, given),
        stem,
        state=connector_state(spec.get("state") or ("paused" if spec.get("pause") is True else None)),
        kind=kind_from(answer),
        topics=tuple(str(topic) for topic in topics) if isinstance(topics, list) else None,
        status=answer if isinstance(answer, Mapping) else None,
    )


def _confluent(document: Mapping[str, Any], stem: str) -> Posted:
    meta, spec = mapping(document.get("metadata")).get("name"), document.get("spec")
    if not isinstance(spec, Mapping):
        return Posted(named(meta, stem), {}, problem=f"spec is {kind_of(spec)}, not an object")
    name = spec.get("name") or meta
    configs = spec.get("configs") if spec.get("configs") is not None else {}
    given = {"connector.class": spec.get("class"), "tasks.max": spec.get("taskMax"), "name": name}
    state = connector_state(mapping(document.get("status")).get("connectorState"))
    return posted(name, _with(configs, given), stem, state=state)


def _with(config: Any, given: Mapping[str, Any]) -> Any:
    """Return the configuration with the resource's own fields (class, tasksMax, name), which win over it."""
    if not isinstance(config, Mapping):
        return config
    return {**config, **{key: value for key, value in given.items() if value is not None}}


def _instantiated(template: Mapping[str, Any]) -> list[Any]:
    """Return the objects of a template with its parameters replaced by their defaults; one without a default stays."""
    parameters = template.get("parameters")
    listed = [mapping(one) for one in parameters] if isinstance(parameters, list) else []
    values = {str(one["name"]): str(one["value"]) for one in listed if "name" in one and "value" in one}
    objects = template.get("objects")
    return [_filled(one, values) for one in objects] if isinstance(objects, list) else []


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _PARAMETER.sub(lambda found: values.get(found[1], found[0]), value)
    if isinstance(value, Mapping):
        return {key: _filled(item, values) for key, item in value.items()}
    return [_filled(item, values) for item in value] if isinstance(value, list) else value
