"""Confluent's sources for GitHub, Jira, Zendesk and Marketo copy entities of the service, each into the topic that a
pattern makes of its name.

``topic.name.pattern`` is the pattern. Zendesk and Marketo call its variable ``${entityName}``, GitHub and Jira
``${resourceName}`` (``${entityName}`` in their first releases).

Source: ``topic.name.pattern`` in each connector's configuration reference, whose address is its ``rule``
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kc_lineage_dagster.derive.config import Config, first, items
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, Reads, SourceFamily
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_VARIABLES = ("${entityName}", "${resourceName}")
_PATTERN = "topic.name.pattern"


@dataclass(frozen=True, slots=True)
class _Service:
    """One service and the connectors that read it.

    Args:
        platform: DataHub's id.
        classes: The connectors' classes.
        entities: Keys that list the entities to read, newest first.
        rule: Documentation of the keys.
        patterns: Class -> pattern of topics where none is configured.
        within: Key of a list of places, each of which has the entities; None where there is none.
    """

    platform: str
    classes: tuple[str, ...]
    entities: tuple[str, ...]
    rule: str
    patterns: Mapping[str, str] = field(default_factory=dict)
    within: str | None = None


_DOCS = "https://docs.confluent.io/kafka-connectors"
_SERVICES = (
    _Service(
        "github",
        ("io.confluent.connect.github.GithubSourceConnector", "GithubSource"),
        ("github.resources", "github.tables"),
        f"{_DOCS}/github/current/configuration_options.html",
        {"": "${resourceName}"},
        within="github.repositories",
    ),
    _Service(
        "jira",
        ("io.confluent.connect.jira.JiraSourceConnector", "JiraSource"),
        ("jira.resources", "jira.tables"),
        f"{_DOCS}/jira/current/",
        {"": "${resourceName}"},
    ),
    _Service(
        "zendesk",
        ("io.confluent.connect.zendesk.ZendeskSourceConnector", "ZendeskSource"),
        ("zendesk.tables", "zendesk.resources"),
        f"{_DOCS}/zendesk/current/",
        {"": "${entityName}", "ZendeskSource": "ZD_${entityName}"},
    ),
    _Service(
        "marketo",
        ("io.confluent.connect.marketo.MarketoSourceConnector",),
        ("entity.names", "marketo.entities"),
        f"{_DOCS}/marketo/current/",
    ),
)


def _reads(service: _Service) -> Reads:
    def reads(config: Config, evidence: Evidence) -> Iterator[Found]:
        entities = items(first(config, *service.entities))
        by_class = service.patterns.get(config.get("connector.class", ""), service.patterns.get(""))
        pattern = first(config, _PATTERN) or by_class
        places = items(config.get(service.within)) if service.within else ("",)
        if not entities:
            yield Unresolved(service.entities[0], "is not set")
        if pattern is None:
            yield Unresolved(_PATTERN, "is not set, so the topic cannot be told from the configuration")
            return
        for entity in entities:
            for place in places:
                origin = Dataset(service.platform, f"{place}.{entity}" if place else entity)
                yield Record(origin, _filled(pattern, entity))

    return reads


def _filled(pattern: str, entity: str) -> str:
    for variable in _VARIABLES:
        pattern = pattern.replace(variable, entity)
    return pattern


FAMILIES = tuple(
    SourceFamily(
        name=f"{service.platform}_source",
        classes=service.classes,
        platform=service.platform,
        reads=_reads(service),
        rule=service.rule,
        naming=(_PATTERN, *service.entities, *([service.within] if service.within else [])),
        spelled="the entity, for GitHub owner/repository.entity (DataHub has no platform and no ingestion of it)",
    )
    for service in _SERVICES
)
