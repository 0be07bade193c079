"""VoltDB's own sink calls ``voltdb.procedure`` for each record; the procedures that VoltDB makes by itself for each
table, ``TABLE.insert`` and ``TABLE.upsert``, name their table.

Source: https://github.com/VoltDB/voltdb-kafka-connector, https://docs.voltactivedata.com/UsingVoltDB/sysprocDefault.php
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.family import SinkFamily
from kc_lineage_dagster.derive.readers.places import always
from kc_lineage_dagster.lineage import Dataset, Unresolved

_PROCEDURE = "voltdb.procedure"
_OF_TABLE = re.compile(r"(\w+)\.(?:insert|upsert)", re.IGNORECASE)


def _table(config: Config) -> Iterator[Dataset | Unresolved]:
    procedure = first(config, _PROCEDURE)
    found = _OF_TABLE.fullmatch(procedure or "")
    if found:
        yield Dataset("voltdb", found[1])
    else:
        yield Unresolved(_PROCEDURE, f"{procedure} is code of your own" if procedure else "is not set")


FAMILY = SinkFamily(
    name="voltdb_sink",
    classes=("org.voltdb.connect.kafka.KafkaSinkConnector",),
    platform="voltdb",
    writes=always(_table),
    rule="https://github.com/VoltDB/voltdb-kafka-connector",
    naming=(_PROCEDURE,),
    never_known="the tables that procedures of your own write",
    spelled="the table (DataHub has no platform and no ingestion of it)",
)
