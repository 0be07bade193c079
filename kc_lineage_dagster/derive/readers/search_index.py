"""From topics to the indices and data streams of Elasticsearch and OpenSearch.

Source: ``io.confluent.connect.elasticsearch.ElasticsearchSinkTask``
"""

from __future__ import annotations

from kc_lineage_dagster.derive.config import Config, first

_LONGEST_INDEX = 255
_LONGEST_NAMESPACE = 100


def index_of(topic: str, not_first: str = "-_") -> str:
    """Return a topic as an index: lower case, cut, without one leading character of ``not_first``; dots stay.

    ``io.confluent.connect.elasticsearch.ElasticsearchSinkTask.convertTopicToIndexName``.

    >>> index_of("-Orders.EU")
    'orders.eu'
    """
    index = topic.lower()[:_LONGEST_INDEX]
    if index[:1] and index[0] in not_first:
        index = index[1:]
    return index.replace(".", "dot") if index in (".", "..") else index


def data_stream_of(config: Config, topic: str) -> str | None:
    """Return ``<type>-<dataset>-<namespace>``, where the configuration asks for a data stream.

    Only the topic's part is put in lower case (``ElasticsearchSinkTask.convertTopicToDataStreamName``).

    >>> data_stream_of({"data.stream.type": "logs", "data.stream.dataset": "shop"}, "Orders")
    'logs-shop-orders'
    """
    kind, dataset = first(config, "data.stream.type"), first(config, "data.stream.dataset")
    if kind is None or kind.lower() == "none" or dataset is None:
        return None
    namespace = (first(config, "data.stream.namespace") or "${topic}").replace("${topic}", topic.lower())
    return f"{kind.lower()}-{dataset}-{namespace[:_LONGEST_NAMESPACE]}"
