"""Camel: what of its 130 and more connectors names a place. The table says where each system's place stands.

Classes and keys are regular. ``aws2-s3`` (before 1.0) is ``...aws2s3.CamelAws2s3SinkConnector`` with
``camel.sink.path.*`` and ``camel.sink.endpoint.*``; ``aws-s3-sink`` (a Kamelet, later) is
``...awss3sink.CamelAwss3sinkSinkConnector`` with ``camel.kamelet.aws-s3-sink.*``. ``topics`` lists the topics in both
directions; a source writes to all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from kc_lineage_dagster.derive.config import Config, first, items
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SinkFamily, SourceFamily
from kc_lineage_dagster.derive.readers.aws import bare_name, regional
from kc_lineage_dagster.derive.readers.topic_sources import flows
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_ROOT = "org.apache.camel.kafkaconnector"
_RULE = "https://camel.apache.org/camel-kafka-connector/latest/reference/index.html"


@dataclass(frozen=True, slots=True)
class _Component:
    """``parts``: options whose values, joined with ``separator``, name the place; none: it has no dataset.

    ``regional``: an Amazon resource whose region is part of its name. ``arn``: the name may stand in an ARN.
    """

    platform: str
    sources: tuple[str, ...]
    sinks: tuple[str, ...]
    parts: tuple[str, ...]
    separator: str = "."
    regional: bool = False
    arn: bool = False


_COMPONENTS = (
    _Component(
        "s3",
        ("aws-s3", "aws2-s3", "aws-s3-source"),
        ("aws-s3", "aws2-s3", "aws-s3-sink", "aws-s3-streaming-upload-sink"),
        ("bucketNameOrArn",),
        arn=True,
    ),
    _Component(
        "sqs",
        ("aws-sqs", "aws2-sqs", "aws-sqs-source"),
        ("aws-sqs", "aws2-sqs", "aws-sqs-sink", "aws-sqs-fifo-sink", "aws-sqs-batch-sink"),
        ("queueNameOrArn",),
        regional=True,
    ),
    _Component(
        "kinesis", ("aws-kinesis", "aws2-kinesis"), ("aws-kinesis", "aws2-kinesis"), ("streamName",), regional=True
    ),
    _Component("kinesis", ("aws-kinesis-source",), ("aws-kinesis-sink",), ("stream",), regional=True),
    _Component("dynamodb", ("aws-ddbstream", "aws2-ddbstream"), ("aws-ddb", "aws2-ddb"), ("tableName",), regional=True),
    _Component("dynamodb", ("aws-ddb-streams-source",), ("aws-ddb-sink",), ("table",), regional=True),
    _Component("file", ("file",), ("file",), ("directoryName",)),
    _Component("ftp", ("ftp", "ftp-source"), ("ftp", "ftp-sink"), ("directoryName",)),
    _Component("sftp", ("sftp", "sftp-source"), ("sftp", "sftp-sink"), ("directoryName",)),
    _Component("mongodb", ("mongodb", "mongodb-source"), ("mongodb", "mongodb-sink"), ("database", "collection")),
    _Component("elasticsearch", (), ("elasticsearch-rest", "elasticsearch-index-sink"), ("indexName",)),
    _Component("pubsub", (), ("google-pubsub", "google-pubsub-sink"), ("projectId", "destinationName")),
    _Component("jms", ("jms", "sjms2"), ("jms", "sjms2"), ("destinationName",)),
    _Component("activemq", ("activemq",), ("activemq",), ("destinationName",)),
    _Component("(nothing upstream)", ("timer", "timer-source"), (), ()),
)


def _options(direction: str, name: str) -> tuple[str, ...]:
    return (
        f"camel.kamelet.{{}}.{name}",
        f"camel.{direction}.path.{name}",
        f"camel.{direction}.endpoint.{name}",
    )


def _value(config: Config, component: str, direction: str, name: str) -> str | None:
    return first(config, *(key.format(component) for key in _options(direction, name)))


def _place(rule: _Component, component: str, direction: str, config: Config) -> Iterator[Dataset | Unresolved]:
    if not rule.parts:
        return
    values = [_value(config, component, direction, part) for part in rule.parts]
    missing = [part for part, value in zip(rule.parts, values, strict=True) if value is None]
    if missing:
        url = first(config, f"camel.{direction}.url")
        reason = "is not set; places within camel.*.url are not read" if url else "is not set"
        yield Unresolved(missing[0], reason)
        return
    name = rule.separator.join(value for value in values if value)
    if rule.regional:
        region = _value(config, component, direction, "region")
        component_region = first(config, f"camel.component.{component}.region")
        yield regional(rule.platform, name, region or component_region, rule.parts[0])
    else:
        yield Dataset(rule.platform, bare_name(name) if rule.arn else name)


def _reads(rule: _Component, component: str, config: Config, evidence: Evidence) -> Iterator[Found]:
    origins = tuple(_place(rule, component, "source", config))
    yield from flows(origins, items(config.get("topics")), "topics", evidence)


def _writes(rule: _Component, component: str, config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    return _place(rule, component, "sink", config)


def _class(component: str, direction: str) -> str:
    package = component.replace("-", "")
    return f"{_ROOT}.{package}.Camel{package.capitalize()}{direction}Connector"


def _naming(rule: _Component, component: str, direction: str) -> tuple[str, ...]:
    names = (*rule.parts, "region") if rule.regional else rule.parts
    return tuple(key.format(component) for name in names for key in _options(direction, name))


_SPELLED = "as DataHub spells the platform: bucket, region.stream, database.collection; else the place's own name"

FAMILIES = (
    *(
        SourceFamily(
            name=f"camel_{component}_source",
            classes=(_class(component, "Source"),),
            platform=rule.platform,
            reads=partial(_reads, rule, component),
            rule=_RULE,
            naming=("topics", *_naming(rule, component, "source")),
            never_known="places that stand in camel.source.url",
            spelled=_SPELLED,
        )
        for rule in _COMPONENTS
        for component in rule.sources
    ),
    *(
        SinkFamily(
            name=f"camel_{component}_sink",
            classes=(_class(component, "Sink"),),
            platform=rule.platform,
            writes=partial(_writes, rule, component),
            rule=_RULE,
            naming=_naming(rule, component, "sink"),
            never_known="places that stand in camel.sink.url",
            spelled=_SPELLED,
        )
        for rule in _COMPONENTS
        for component in rule.sinks
    ),
)
