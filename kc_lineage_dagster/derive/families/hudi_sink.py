"""Apache Hudi's sink copies all topics into one table, named ``<database>.<table>`` as Hudi's own DataHub sync spells
it.

``hoodie.table.name`` names the table, keys of the Hive sync the database. With ``hoodie.meta.sync.enable`` and Hive
among ``hoodie.meta.sync.classes`` the table is a Hive table too. The control topic (``hoodie.kafka.control.topic``) is
not lineage.

Source: ``org.apache.hudi.sync.datahub.config.HoodieDataHubDatasetIdentifier`` with the defaults of ``HoodieSyncConfig``
"""

from __future__ import annotations

from collections.abc import Iterable

from kc_lineage_dagster.derive.config import Config, first, flag
from kc_lineage_dagster.derive.family import SinkFamily
from kc_lineage_dagster.derive.readers.table_names import required
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved


def _writes(config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
    """Return the connector's one table, which all topics are written to."""
    table = required(config, "hoodie.table.name")
    if isinstance(table, Unresolved):
        return (table,)
    database = first(config, "hoodie.datasource.hive_sync.database", "hoodie.database.name") or "default"
    name = f"{database}.{first(config, 'hoodie.datasource.hive_sync.table') or table}"
    tools = first(config, "hoodie.meta.sync.classes") or "org.apache.hudi.hive.HiveSyncTool"
    if not flag(config, "hoodie.meta.sync.enable") or "HiveSyncTool" not in tools:
        return (Dataset("hudi", name),)
    if (first(config, "hoodie.datasource.write.table.type", "hoodie.table.type") or "COPY_ON_WRITE") != "COPY_ON_WRITE":
        reason = "a merge-on-read table is synced as several Hive tables, by options not followed here"
        return Dataset("hudi", name), Unresolved(f"Hive tables of {name}", reason)
    return Dataset("hudi", name), Dataset("hive", name.lower())


FAMILY = SinkFamily(
    name="hudi_sink",
    classes=("org.apache.hudi.connect.HoodieSinkConnector",),
    platform="hudi",
    writes=_writes,
    naming=(
        "hoodie.table.name",
        "hoodie.database.name",
        "hoodie.datasource.hive_sync.database",
        "hoodie.datasource.hive_sync.table",
    ),
    never_known="Hive tables of merge-on-read tables",
    spelled="database.table",
    rule="org.apache.hudi.sync.datahub.config.HoodieDataHubDatasetIdentifier, org.apache.hudi.connect.writers",
)
