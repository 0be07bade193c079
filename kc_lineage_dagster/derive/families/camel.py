"""Apache Camel's 190 and more connectors copy between topics and systems of every kind; for some systems a table tells
which options name the place.

Of all other systems only the topics are known. ``topics`` lists the topics in both directions; a source writes to all
of them. Classes and keys are regular. ``aws2-s3`` (before 1.0) is ``...aws2s3.CamelAws2s3SinkConnector`` with
``camel.sink.path.*`` and ``camel.sink.endpoint.*``; ``aws-s3-sink`` (a Kamelet, later) is
``...awss3sink.CamelAwss3sinkSinkConnector`` with ``camel.kamelet.aws-s3-sink.*``. Before Kamelets the whole could stand
in ``camel.sink.url`` or ``camel.source.url``, ``<component>:<place>?<option>=<value>``; the classes without a component
of their own (``CamelSinkConnector``) take it from there.

Source: https://camel.apache.org/camel-kafka-connector/latest/reference/index.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from urllib.parse import parse_qsl

from kc_lineage_dagster.derive.config import Config, first, items
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SinkFamily, SourceFamily
from kc_lineage_dagster.derive.readers.aws import bare_name, regional
from kc_lineage_dagster.derive.readers.places import no_dataset
from kc_lineage_dagster.derive.readers.subscriptions import subscribed
from kc_lineage_dagster.derive.readers.topic_sources import flows
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_ROOT = "org.apache.camel.kafkaconnector"
_RULE = "https://camel.apache.org/camel-kafka-connector/latest/reference/index.html"


@dataclass(frozen=True, slots=True)
class _Component:
    """One component of Camel and the connectors built on it.

    Args:
        platform: DataHub's id.
        sources: Names of the components and Kamelets that sources are built on, as classes and keys contain them.
        sinks: The same for sinks.
        parts: Options whose values, joined with ``separator``, name the dataset; () for a component without datasets.
        separator: Stands between the values of ``parts``.
        regional: Whether the dataset's name contains the Amazon region.
        arn: Whether the option may hold an ARN in place of the name.
    """

    platform: str
    sources: tuple[str, ...]
    sinks: tuple[str, ...]
    parts: tuple[str, ...]
    separator: str = "."
    regional: bool = False
    arn: bool = False


# platforms whose endpoint addresses hold only the name of the place; other addresses hold hosts, or names of beans
_PLACE_IN_URL = frozenset(
    ("s3", "sqs", "sns", "kinesis", "firehose", "dynamodb", "eventbridge", "file", "jms", "activemq", "mqtt", "nats")
)
_KIND = re.compile(r"^(?:queue|topic|temp-queue|temp-topic):(?://)?")

_HAZELCAST = tuple(
    f"hazelcast-{kind}" for kind in ("map", "multimap", "replicatedmap", "list", "set", "queue", "topic")
)

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
    _Component("jms", ("jms", "sjms", "sjms2", "amqp"), ("jms", "sjms", "sjms2", "amqp"), ("destinationName",)),
    _Component("activemq", ("activemq",), ("activemq",), ("destinationName",)),
    _Component(
        "(nothing upstream)",
        ("timer", "scheduler", "cron", "quartz", "timer-source", "cron-source", "counter-source"),
        (),
        (),
    ),
    _Component(
        "abs",
        ("azure-storage-blob", "azure-storage-blob-source"),
        ("azure-storage-blob", "azure-storage-blob-sink"),
        ("containerName",),
    ),
    _Component(
        "abs",
        ("azure-storage-datalake", "azure-storage-datalake-source"),
        ("azure-storage-datalake", "azure-storage-datalake-sink"),
        ("fileSystemName",),
    ),
    _Component("eventhubs", ("azure-eventhubs-source",), ("azure-eventhubs-sink",), ("eventhubName",)),
    _Component("eventhubs", ("azure-eventhubs",), ("azure-eventhubs",), ("eventHubName",)),
    _Component("servicebus", ("azure-servicebus-source",), ("azure-servicebus-sink",), ("topicOrQueueName",)),
    _Component(
        "cosmosdb",
        ("azure-cosmosdb", "azure-cosmosdb-source"),
        ("azure-cosmosdb", "azure-cosmosdb-sink"),
        ("databaseName", "containerName"),
    ),
    _Component("bigquery", (), ("google-bigquery-sink",), ("projectId", "dataset", "table")),
    _Component("bigquery", (), ("google-bigquery",), ("projectId", "datasetId", "tableId")),
    _Component("gcs", ("google-storage-source",), ("google-storage-sink",), ("bucketNameOrArn",)),
    _Component("gcs", ("google-storage",), ("google-storage",), ("bucketName",)),
    _Component("s3", ("minio", "minio-source", "ceph-source"), ("minio", "minio-sink", "ceph-sink"), ("bucketName",)),
    _Component("ibm-cos", ("ibm-cos-source",), ("ibm-cos-sink",), ("bucketName",)),
    _Component("eventbridge", (), ("aws2-eventbridge", "aws-eventbridge-sink"), ("eventbusNameOrArn",), regional=True),
    _Component(
        "sns", (), ("aws-sns", "aws2-sns", "aws-sns-sink", "aws-sns-fifo-sink"), ("topicNameOrArn",), regional=True
    ),
    _Component(
        "firehose",
        (),
        ("aws-kinesis-firehose", "aws2-kinesis-firehose", "aws-kinesis-firehose-sink"),
        ("streamName",),
        regional=True,
    ),
    _Component("mongodb", ("mongodb-changes-stream-source",), (), ("database", "collection")),
    _Component(
        "mqtt",
        ("paho", "paho-mqtt5", "mqtt-source", "mqtt5-source"),
        ("paho", "paho-mqtt5", "mqtt-sink", "mqtt5-sink"),
        ("topic",),
    ),
    _Component("nats", ("nats", "nats-source"), ("nats", "nats-sink"), ("topic",)),
    _Component("pulsar", ("pulsar-source",), ("pulsar-sink",), ("tenant", "namespaceName", "topic"), "/"),
    _Component("elasticsearch", ("elasticsearch-search-source",), (), ("indexName",)),
    _Component("opensearch", ("opensearch-search-source",), ("opensearch-index-sink",), ("indexName",)),
    _Component("solr", ("solr-source",), ("solr-sink",), ("collection",)),
    _Component("splunk", (), ("splunk-sink", "splunk-hec-sink"), ("index",)),
    _Component("infinispan", ("infinispan", "infinispan-source"), ("infinispan", "infinispan-sink"), ("cacheName",)),
    _Component("ignite", ("ignite-cache",), ("ignite-cache",), ("cacheName",)),
    _Component("hazelcast", _HAZELCAST, _HAZELCAST, ("cacheName",)),
    _Component("hbase", ("hbase",), ("hbase",), ("tableName",)),
    _Component("kudu", (), ("kudu",), ("tableName",)),
    _Component("couchdb", ("couchdb",), ("couchdb",), ("database",)),
    _Component("rabbitmq", (), ("rabbitmq", "spring-rabbitmq", "spring-rabbitmq-sink"), ("exchangeName",)),
    _Component("rabbitmq", ("spring-rabbitmq", "spring-rabbitmq-source"), (), ("queues",)),
    _Component("rabbitmq", ("rabbitmq",), (), ("queue",)),
    _Component(
        "activemq",
        ("jms-apache-artemis-source", "jms-pooled-apache-artemis-source"),
        ("jms-apache-artemis-sink", "jms-pooled-apache-artemis-sink"),
        ("destinationName",),
    ),
    _Component("jms", ("jms-amqp-10-source",), ("jms-amqp-10-sink",), ("destinationName",)),
    _Component("ibm-mq", ("jms-ibm-mq-source",), ("jms-ibm-mq-sink",), ("destinationName",)),
    _Component("salesforce", (), ("salesforce-create-sink", "salesforce-update-sink"), ("sObjectName",)),
    _Component("ftps", ("ftps", "ftps-source"), ("ftps", "ftps-sink"), ("directoryName",)),
)


def _options(direction: str, name: str) -> tuple[str, ...]:
    return (
        f"camel.kamelet.{{}}.{name}",
        f"camel.{direction}.path.{name}",
        f"camel.{direction}.endpoint.{name}",
    )


def _value(rule: _Component, config: Config, component: str, direction: str, name: str) -> str | None:
    given = first(config, *(key.format(component) for key in _options(direction, name)))
    return given or _in_url(rule, first(config, f"camel.{direction}.url") or "", name)


def _in_url(rule: _Component, url: str, name: str) -> str | None:
    """Return the value of an option in an endpoint's address: after the question mark, or the place before it."""
    address, _, options = url.partition("?")
    said = dict(parse_qsl(options)).get(name)
    if said or rule.parts != (name,) or rule.platform not in _PLACE_IN_URL:
        return said
    place = address.partition(":")[2].removeprefix("//")
    return _KIND.sub("", place) if rule.platform in ("jms", "activemq") else place


def _place(rule: _Component, component: str, direction: str, config: Config) -> Iterator[Dataset | Unresolved]:
    if not rule.parts:
        return
    values = [_value(rule, config, component, direction, part) for part in rule.parts]
    missing = [part for part, value in zip(rule.parts, values, strict=True) if value is None]
    if missing:
        key = f"camel.{direction}.url"
        yield Unresolved(missing[0], f"is not set, and {key} does not tell it" if first(config, key) else "is not set")
        return
    name = rule.separator.join(value for value in values if value)
    if rule.regional:
        region = _value(rule, config, component, direction, "region")
        settings = (f"camel.component.{component}.region", f"camel.component.{component}.configuration.region")
        yield regional(rule.platform, name, region or first(config, *settings), rule.parts[0])
    else:
        yield subscribed(rule.platform, bare_name(name) if rule.arn else name)


def _reads(rule: _Component, component: str, config: Config, evidence: Evidence) -> Iterator[Found]:
    origins = tuple(_place(rule, component, "source", config))
    yield from flows(origins, items(config.get("topics")), "topics", evidence)


def _writes(rule: _Component, component: str, config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    return _place(rule, component, "sink", config)


def _by_address(config: Config, direction: str) -> tuple[_Component, str] | None:
    """Return the component that the address of a connector without a component of its own begins with, and its name;
    None where nothing is known of that component.
    """
    own = config.get("connector.class") == f"{_ROOT}.Camel{direction.capitalize()}Connector"
    scheme = (first(config, f"camel.{direction}.url") or "").partition(":")[0] if own else ""
    known = (rule for rule in _COMPONENTS if scheme in (rule.sources if direction == "source" else rule.sinks))
    return next(((rule, scheme) for rule in known if rule.parts), None)


def _reads_any(config: Config, evidence: Evidence) -> Iterator[Found]:
    named = _by_address(config, "source")
    if named:
        yield from _reads(*named, config, evidence)
        return
    problem = Unresolved(
        config.get("connector.class", ""), "which of its options names what it reads is not worked out"
    )
    yield from flows((problem,), items(config.get("topics")), "topics", evidence)


def _writes_any(config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
    named = _by_address(config, "sink")
    if named:
        return _writes(*named, config, record)
    return no_dataset("goes to a system of Camel's of which no option is known to name a dataset")(config, record)


def _class(component: str, direction: str) -> str:
    package = component.replace("-", "")
    return f"{_ROOT}.{package}.Camel{package.capitalize()}{direction}Connector"


def _naming(rule: _Component, component: str, direction: str) -> tuple[str, ...]:
    names = (*rule.parts, "region") if rule.regional else rule.parts
    return tuple(key.format(component) for name in names for key in _options(direction, name))


_SPELLED = "as DataHub spells the platform: bucket, region.stream, database.collection; else the place's own name"

FAMILIES = (
    SourceFamily(
        name="camel_source",
        classes=(),
        package=_ROOT,
        platform="(the topics only)",
        reads=_reads_any,
        rule=_RULE,
        naming=("topics",),
        never_known="what the sources of other systems read",
    ),
    SinkFamily(
        name="camel_sink",
        classes=(),
        package=_ROOT,
        platform="(no dataset)",
        writes=_writes_any,
        rule=_RULE,
        never_known="what the sinks to other systems write",
    ),
    *(
        SourceFamily(
            name=f"camel_{component}_source",
            classes=(_class(component, "Source"),),
            platform=rule.platform,
            reads=partial(_reads, rule, component),
            rule=_RULE,
            naming=("topics", *_naming(rule, component, "source")),
            never_known="places in addresses with hosts (camel.source.url)",
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
            never_known="places in addresses with hosts (camel.sink.url)",
            spelled=_SPELLED,
        )
        for rule in _COMPONENTS
        for component in rule.sinks
    ),
)
