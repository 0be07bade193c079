"""Sinks into monitoring, alerting and cloud functions copy topics to services none of which is a dataset of a catalog.

So every topic is unresolved, with what its records become there.

Source: the documentation of each connector, whose address is its ``rule``
"""

from __future__ import annotations

from dataclasses import dataclass

from kc_lineage_dagster.derive.family import SinkFamily
from kc_lineage_dagster.derive.readers.places import no_dataset

_DOCS = "https://docs.confluent.io/kafka-connectors"


@dataclass(frozen=True, slots=True)
class _Service:
    """One service and the sinks that send to it.

    Args:
        name: The family's name, without its direction.
        classes: The connectors' classes.
        becomes: What records become there, as the unresolved item says.
        rule: Documentation of the connector.
    """

    name: str
    classes: tuple[str, ...]
    becomes: str
    rule: str


_SERVICES = (
    _Service(
        "datadog_metrics",
        ("io.confluent.connect.datadog.metrics.DatadogMetricsSinkConnector", "DatadogMetricsSink"),
        "metrics of Datadog",
        f"{_DOCS}/datadog-metrics/current/",
    ),
    _Service(
        "datadog_logs",
        ("com.datadoghq.connect.logs.DatadogLogsSinkConnector",),
        "logs of Datadog",
        "https://github.com/DataDog/datadog-kafka-connect-logs",
    ),
    _Service(
        "newrelic_metrics",
        ("io.confluent.connect.newrelic.metrics.NewRelicMetricsSinkConnector", "NewRelicMetricsSink"),
        "metrics of New Relic",
        f"{_DOCS}/newrelic-metrics/current/",
    ),
    _Service(
        "newrelic_telemetry",
        tuple(
            f"com.newrelic.telemetry.{kind}SinkConnector"
            for kind in ("events.Events", "logs.Logs", "metrics.Metrics", "Telemetry")
        ),
        "events, logs and metrics of New Relic",
        "https://github.com/newrelic/kafka-connect-newrelic",
    ),
    _Service(
        "prometheus_metrics",
        ("io.confluent.connect.prometheus.PrometheusMetricsSinkConnector",),
        "metrics that Prometheus collects",
        f"{_DOCS}/prometheus-metrics/current/",
    ),
    _Service(
        "appdynamics_metrics",
        ("io.confluent.connect.appdynamics.metrics.AppDynamicsMetricsSinkConnector",),
        "metrics of AppDynamics",
        f"{_DOCS}/appdynamics-metrics/current/",
    ),
    _Service(
        "collibra",
        ("io.confluent.connect.collibra.CollibraSinkConnector", "CollibraSink"),
        "assets of Collibra's catalog",
        "https://docs.confluent.io/cloud/current/connectors/cc-collibra-sink.html",
    ),
    _Service(
        "pagerduty",
        ("io.confluent.connect.pagerduty.PagerDutySinkConnector", "PagerDutySink"),
        "incidents of PagerDuty",
        f"{_DOCS}/pagerduty/current/",
    ),
    _Service(
        "ably",
        ("com.ably.kafka.connect.ChannelSinkConnector",),
        "messages on channels of Ably",
        "https://github.com/ably/kafka-connect-ably",
    ),
    _Service(
        "pubnub",
        ("com.pubnub.kafka.connect.PubNubKafkaSinkConnector",),
        "messages on channels of PubNub",
        "https://github.com/pubnub/pubnub-kafka-connector",
    ),
    _Service(
        "lightstreamer",
        ("com.lightstreamer.kafka.connect.LightstreamerSinkConnector",),
        "items that clients of Lightstreamer subscribe to",
        "https://github.com/Lightstreamer/Lightstreamer-kafka-connector",
    ),
    _Service(
        "littlehorse",
        tuple(f"io.littlehorse.connect.{kind}SinkConnector" for kind in ("WfRun", "ExternalEvent", "CorrelatedEvent")),
        "runs and events of LittleHorse's workflows",
        "https://github.com/littlehorse-enterprises/lh-kafka-connect",
    ),
    _Service(
        "azure_functions",
        ("io.confluent.connect.azure.functions.AzureFunctionsSinkConnector", "AzureFunctionsSink"),
        "calls of an Azure function",
        f"{_DOCS}/azure-functions/current/",
    ),
    _Service(
        "google_cloud_functions",
        (
            "io.confluent.connect.gcp.functions.GoogleCloudFunctionsSinkConnector",
            "GoogleCloudFunctionsSink",
            "GoogleCloudFunctionsGen2Sink",
        ),
        "calls of a Google Cloud function",
        f"{_DOCS}/gcp-functions/current/",
    ),
)

FAMILIES = tuple(
    SinkFamily(
        name=f"{service.name}_sink",
        classes=service.classes,
        platform="(no dataset)",
        writes=no_dataset(f"becomes {service.becomes}, which are no dataset of a catalog"),
        rule=service.rule,
        never_known=service.becomes,
    )
    for service in _SERVICES
)
