"""What this project stumbles over is an unresolved item for the user, and a stack in its log for whoever mends it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kc_lineage_dagster.connect.snapshot import Connector
from kc_lineage_dagster.derive.settings import Settings
from kc_lineage_dagster.run.derivation import deriving

VALUES = {"connector.class": "io.debezium.connector.postgresql.PostgresConnector", "topic.prefix": "p"}


class Hostile(Mapping[str, str]):
    """A configuration that nobody thought of: asking for one key fails."""

    def __getitem__(self, key: str) -> str:
        if key == "table.include.list":
            raise TypeError("nobody thought of this")
        return VALUES[key]

    def __iter__(self) -> Iterator[str]:
        return iter((*VALUES, "table.include.list"))

    def __len__(self) -> int:
        return len(VALUES) + 1


def test_the_stack_of_a_defect_reaches_the_log(caplog):
    """The connector is unresolved, asks for a report, and its stack is logged; the other connector is complete."""
    good = {**VALUES, "database.dbname": "d", "table.include.list": "public.a"}
    bad, fine = Connector("bad", "source", Hostile()), Connector("fine", "source", good)
    derived = deriving((bad, fine), Settings())
    [item] = derived(bad).unresolved
    assert "a defect of this project, please report it" in item.reason
    assert len(derived(fine).edges) == 1
    [record] = [one for one in caplog.records if one.name == "kc_lineage_dagster.run"]
    assert record.levelname == "ERROR"
    assert "bad (io.debezium" in record.getMessage()
    assert "Traceback" in record.getMessage()
    assert "TypeError: nobody thought of this" in record.getMessage()
