"""The sink to YTsaurus writes all topics below ``yt.sink.output.directory``: into one dynamic table, or into static
tables that it begins anew at each period of time, which are one dataset, their folder.

Source: ``ru.dzen.kafka.connect.ytsaurus``, https://github.com/Dzen-Platform/kafka-connect-ytsaurus
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.family import SinkFamily
from kc_lineage_dagster.derive.readers.places import always
from kc_lineage_dagster.lineage import Dataset, Unresolved

_FOLDER = "yt.sink.output.directory"


def _table(config: Config) -> Iterator[Dataset | Unresolved]:
    folder = first(config, _FOLDER)
    if folder is None:
        yield Unresolved(_FOLDER, "is not set")
        return
    static = (first(config, "yt.sink.output.type") or "").upper() == "STATIC_TABLES"
    key, default = ("static.tables.dir.postfix", "output") if static else ("dynamic.queue.postfix", "queue")
    yield Dataset("ytsaurus", f"{folder.rstrip('/')}/{first(config, f'yt.sink.{key}') or default}")


FAMILY = SinkFamily(
    name="ytsaurus_sink",
    classes=("ru.dzen.kafka.connect.ytsaurus.YtTableSinkConnector",),
    platform="ytsaurus",
    writes=always(_table),
    rule="ru.dzen.kafka.connect.ytsaurus, https://github.com/Dzen-Platform/kafka-connect-ytsaurus",
    naming=(_FOLDER, "yt.sink.static.tables.dir.postfix", "yt.sink.dynamic.queue.postfix"),
    spelled="the path of the table, or of the folder of static tables (DataHub has no ingestion of it)",
)
