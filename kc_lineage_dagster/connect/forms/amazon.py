"""Read connectors of Amazon MSK Connect: answers of its API, and templates of CloudFormation.

Source: docs.aws.amazon.com/MSKC/latest/mskc (DescribeConnector answers ``connectorName``, ``connectorConfiguration``
and ``connectorState``; ListConnectors answers no configurations), and CloudFormation's resource
``AWS::KafkaConnect::Connector``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kc_lineage_dagster.connect.forms.content import Content, Other, Posted, mapping, named, posted
from kc_lineage_dagster.connect.parse import connector_state

_RESOURCE = "AWS::KafkaConnect::Connector"


def read(document: Mapping[str, Any], stem: str) -> Iterator[Content] | None:
    """Read an answer of MSK Connect or a template of CloudFormation; return None for any other document.

    ``stem``: the file's name without its ending, for a connector without a name.
    """
    if "connectorArn" in document or "connectorConfiguration" in document:
        return iter((_described(document, stem),))
    resources = mapping(document.get("Resources")).values()
    types = {str(mapping(one).get("Type", ""))[:60] for one in resources}
    if not types - {""} or not all("::" in kind for kind in types):
        return None
    return _template(resources) if _RESOURCE in types else iter((Other("a template of CloudFormation"),))


def _described(document: Mapping[str, Any], stem: str) -> Posted:
    name, config = document.get("connectorName"), document.get("connectorConfiguration")
    if config is None:
        problem = "ListConnectors answers no configuration: save what DescribeConnector answers"
        return Posted(named(name, stem), {}, problem=problem)
    return posted(name, config, stem, state=connector_state(document.get("connectorState")))


def _template(resources: Any) -> Iterator[Content]:
    for one in map(mapping, resources):
        if one.get("Type") == _RESOURCE:
            properties = mapping(one.get("Properties"))
            yield posted(properties.get("ConnectorName"), properties.get("ConnectorConfiguration"), "connector")
