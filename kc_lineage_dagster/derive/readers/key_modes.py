"""Which columns of a row a sink takes from a record's key and which from its value, as ``pk.mode`` and its like say.

Source: ``io.confluent.connect.jdbc.sink.metadata.FieldsMetadata.extract``,
``io.debezium.connector.jdbc.JdbcKafkaSinkRecord``
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kc_lineage_dagster.derive.config import Config, first, flag, items
from kc_lineage_dagster.derive.records import Leaf, Node, Opaque, Record, Struct
from kc_lineage_dagster.derive.transforms.fields import only, put, without

KAFKA_COORDINATES = ("__connect_topic", "__connect_partition", "__connect_offset")


def row(key: Node, value: Node, mode: str, key_names: Sequence[str], chosen: Sequence[str] = ()) -> Node:
    """Return the columns of a row: the fields of the value and the columns of the primary key.

    Args:
        key: The fields of the record's key.
        value: The fields of the record's value.
        mode: ``none``, ``kafka``, ``record_key`` or ``record_value``, in any case.
        key_names: The columns of the primary key (``pk.fields``); () where they are not configured.
        chosen: The only fields of the value that are written besides the key; () for all.

    >>> key, value = Struct((("id", Leaf(("id",))),)), Struct((("total", Leaf(("total",))),))
    >>> [name for name, _ in row(key, value, "record_key", ("id",)).fields]
    ['total', 'id']
    """
    keys = _key_columns(key, mode.lower(), key_names)
    beside = value if isinstance(value, Struct) else Struct() if mode.lower() == "record_key" else Opaque()
    if isinstance(beside, Opaque):
        return beside
    if mode.lower() == "record_value":
        # without names the whole value is the key, and the fields of a key are written whatever else is chosen
        return only(beside, (*key_names, *chosen)) if chosen and key_names else beside
    return put(without(only(beside, chosen) if chosen else beside, list(keys)), keys)


def jdbc_row(config: Config, record: Record) -> Node:
    """Return the row of a connector that has ``pk.mode``, ``pk.fields`` and ``fields.whitelist`` of Confluent's JDBC
    sink.

    >>> from kc_lineage_dagster.lineage import Dataset
    >>> record = Record(Dataset("kafka", "orders"), "orders", Leaf(("key",)), Struct((("total", Leaf(("total",))),)))
    >>> [name for name, _ in jdbc_row({"pk.mode": "record_key", "pk.fields": "id"}, record).fields]
    ['total', 'id']
    """
    mode, keys = first(config, "pk.mode") or "none", items(first(config, "pk.fields"))
    return row(record.key, record.value, mode, keys, items(first(config, "fields.whitelist")))


def makes_columns(config: Config) -> bool:
    """Tell whether a connector with ``auto.create`` and ``auto.evolve`` makes tables, or columns that are missing.

    >>> makes_columns({"auto.evolve": "true"})
    True
    """
    return flag(config, "auto.create") or flag(config, "auto.evolve")


def folded_columns(columns: Node, fold: Callable[[str], str]) -> Node:
    """Return columns under the names that a database makes of identifiers without quotes.

    >>> folded_columns(Struct((("Total", Leaf(("total",))),)), str.lower).fields
    (('total', Leaf(origins=('total',), transforms=(), constant=None)),)
    """
    if not isinstance(columns, Struct):
        return columns
    return Struct(tuple({fold(name): field for name, field in columns.fields}.items()), columns.columns)


def _key_columns(key: Node, mode: str, names: Sequence[str]) -> dict[str, Node]:
    if mode == "kafka":
        return dict.fromkeys(names or KAFKA_COORDINATES, Leaf())
    if mode != "record_key":
        return {}
    if isinstance(key, Leaf):
        return {names[0]: key} if len(names) == 1 else {}
    chosen = only(key, names) if names else key
    return dict(chosen.fields) if isinstance(chosen, Struct) else {}
