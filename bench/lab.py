"""python -m bench.lab --datahub PYTHON: compares the lineage of both programs on a recorded cluster with what was seen.

The cluster is the one of ``tests/data/lab``: answers of real workers, with the edges and columns that were observed in
records and rows. A loopback GMS holds the tables of its databases and the fields of its topics. Both programs get one
recipe with ``use_schema_resolver``. Prints the table of docs/columns.md.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.catalog.metadata import hold, lab_tables
from tests.connect.stand_in import ConnectStandIn
from tests.emit.gms import Gms

LAB = Path(__file__).resolve().parents[1] / "tests" / "data" / "lab"
# Primary keys of recorded tables, where they are not called id. They are fields of the topic's keys.
KEYS: Mapping[str, tuple[str, ...]] = {"shop.inventory.order_items": ("order_id", "line_no")}
ENVELOPE = {"before", "after", "source", "source.db", "source.table", "op", "ts_ms", "transaction"}
_URN = re.compile(r"urn:li:dataset:\(urn:li:dataPlatform:[^,]+,(.+),[A-Z]+\)")
_FIELD = re.compile(r"urn:li:schemaField:\((urn:li:dataset:\(.+\)),([^,]+)\)")
_JOB = re.compile(r"urn:li:dataJob:\(urn:li:dataFlow:\(kafka-connect,(.+?),[A-Z]+\),")

Edge = tuple[str, str, str]  # connector, upstream dataset, downstream dataset
Column = tuple[str, str, str, str, str]  # an edge, upstream field, downstream field


@dataclass(frozen=True)
class Said:
    """The lineage that one program gives."""

    edges: frozenset[Edge]
    columns: frozenset[Column]


@dataclass(frozen=True)
class Seen:
    """The lineage that was observed in records and rows.

    Args:
        edges: Datasets of which records were seen to arrive.
        columns: Fields that were seen to have equal values.
        fields: Topic or table -> its fields.
    """

    edges: frozenset[Edge]
    columns: frozenset[Column]
    fields: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, truth: Iterable[Mapping[str, Any]], world: Mapping[str, Any], configs: Mapping[str, Any]) -> Seen:
        """Read the observations.

        Args:
            truth: Connectors with the edges and columns that were observed.
            world: Tables and their columns.
            configs: Connector -> configuration, which tells whether a topic holds change events or rows.
        """
        found = [(one, edge) for one in truth for edge in one["edges"]]
        fields = {name: set(columns) for name, columns in world["tables"].items()}
        envelopes = {edge["to"] for one, edge in found if _keeps_envelope(configs[one["connector"]])}
        for _, edge in found:
            if edge.get("fields"):
                paths = {f"{row}.{one}" for one in edge["fields"] for row in ("before", "after")}
                own = paths | ENVELOPE if edge["to"] in envelopes else set(edge["fields"])
                fields.setdefault(edge["to"], set()).update(own, KEYS.get(edge["from"], ("id",)))

        def path(dataset: str, name: str) -> str:
            return f"after.{name}" if dataset in envelopes else name

        columns = {
            (one["connector"], edge["from"], edge["to"], path(edge["from"], up), path(edge["to"], down))
            for one, edge in found
            for down, ups in edge.get("columns", {}).items()
            for up in ups
        }
        edges = frozenset((one["connector"], edge["from"], edge["to"]) for one, edge in found)
        return cls(edges, frozenset(columns), {name: frozenset(own) for name, own in fields.items()})

    def exists(self, column: Column) -> bool:
        """Tell whether both datasets have the fields; True for a dataset whose fields are not known."""
        _, one, other, up, down = column
        return up in self.fields.get(one, {up}) and down in self.fields.get(other, {down})

    def wrong(self, said: Said) -> frozenset[Column]:
        """Return columns that begin or end at a field that does not exist, or come from another field than was seen."""
        seen: dict[tuple[str, ...], set[str]] = {}
        for connector, *ends, up, down in self.columns:
            seen.setdefault((connector, *ends, _row(down)), set()).add(_row(up))
        return frozenset(
            (connector, one, other, up, down)
            for connector, one, other, up, down in said.columns
            if not self.exists((connector, one, other, up, down))
            or _row(up) not in seen.get((connector, one, other, _row(down)), {_row(up)})
        )


def _keeps_envelope(config: Mapping[str, str]) -> bool:
    text = json.dumps(config)
    debezium = config["connector.class"].startswith("io.debezium.") and "Sink" not in config["connector.class"]
    return debezium and "ExtractNewRecordState" not in text and "EventRouter" not in text


def _row(path: str) -> str:
    """Return the column of a field, without ``before`` or ``after`` of a change event."""
    return path.removeprefix("after.").removeprefix("before.")


def main(given: list[str] | None = None) -> None:
    """Run both programs and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.lab")
    parser.add_argument("--datahub", type=Path, default=Path(sys.executable), help="Python that has datahub ingest")
    arguments = parser.parse_args(given)
    cluster, truth, world = (json.loads((LAB / f"{name}.json").read_text()) for name in ("cluster", "truth", "world"))
    answers = {path: one["body"] for path, one in cluster.items() if one["status"] == 200}
    listed = answers["/connectors?expand=info"]
    seen = Seen.of(truth, world, {name: one["info"]["config"] for name, one in listed.items()})
    with tempfile.TemporaryDirectory() as folder, ConnectStandIn(answers) as connect, Gms() as gms:
        _hold(gms, world, seen)
        recipe = _recipe(connect.uri, gms.url)
        rows = (
            ("this project", _ours(recipe, Path(folder))),
            ("datahub ingest", _theirs(recipe, Path(folder), arguments.datahub)),
        )
        print("\n".join(table(seen, dict(rows))))


def _hold(gms: Gms, world: Mapping[str, Any], seen: Seen) -> None:
    """Put the tables and topics into the GMS, as DataHub's ingestion of the databases and of Kafka leaves them."""
    tables = dict(lab_tables(world))
    topics = {("kafka", name): tuple(sorted(own)) for name, own in seen.fields.items() if name not in world["tables"]}
    for (platform, name), fields in {**tables, **topics}.items():
        hold(gms, platform, name, fields or ())


def _recipe(connect: str, gms: str) -> dict[str, Any]:
    config = {"connect_uri": connect, "cluster_name": "lab", "use_schema_resolver": True}
    return {"source": {"type": "kafka-connect", "config": config}, "datahub_api": {"server": gms}}


def _ours(recipe: Mapping[str, Any], folder: Path) -> Said:
    file = folder / "ours.yml"
    # no configuration tells which cluster the mirror reads from
    file.write_text(yaml.safe_dump({**recipe, "options": {"cluster_aliases": {"west": None}}}))
    command = [sys.executable, "-m", "kc_lineage_dagster", "lineage", str(file), "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=_environ(folder))
    (found,) = json.loads(done.stdout)
    edges: set[Edge] = set()
    columns: set[Column] = set()
    for one in found["connectors"]:
        for edge in one["edges"]:
            if edge["upstream"]:
                ends = (one["connector"], edge["upstream"]["name"], edge["downstream"]["name"])
                edges.add(ends)
                pairs = ((up, pair["downstream"]) for pair in edge["fields"] for up in pair["upstream"])
                columns |= {(*ends, up, down) for up, down in pairs if down}
    return Said(frozenset(edges), frozenset(columns))


def _theirs(recipe: Mapping[str, Any], folder: Path, python: Path) -> Said:
    file, out = folder / "theirs.yml", folder / "theirs.json"
    sink = {"type": "file", "config": {"filename": str(out)}}
    file.write_text(yaml.safe_dump({**recipe, "sink": sink}))
    command = [str(python), "-m", "datahub", "ingest", "-c", str(file)]
    subprocess.run(command, capture_output=True, text=True, check=True, env=_environ(folder))
    edges: set[Edge] = set()
    columns: set[Column] = set()
    for record in json.loads(out.read_text()):
        if record.get("aspectName") == "dataJobInputOutput":
            job = _JOB.match(record["entityUrn"])
            assert job is not None, record["entityUrn"]
            aspect = record["aspect"]["json"]
            ends = [(_name(up), _name(down)) for up in aspect["inputDatasets"] for down in aspect["outputDatasets"]]
            edges |= {(job[1], *pair) for pair in ends}
            columns |= {(job[1], *pair) for pair in _columns(aspect)}
    return Said(frozenset(edges), frozenset(columns))


def _columns(aspect: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    for one in aspect.get("fineGrainedLineages") or ():
        for up in one["upstreams"]:
            for down in one["downstreams"]:
                (there, field), (here, other) = (_FIELD.fullmatch(urn).groups() for urn in (up, down))  # type: ignore[union-attr]
                yield _name(there), _name(here), field, other


def _name(urn: str) -> str:
    found = _URN.fullmatch(urn)
    assert found is not None, urn
    return found[1]


def _environ(folder: Path) -> dict[str, str]:
    own = {"KC_LINEAGE_STATE": str(folder / "state"), "DATAHUB_TELEMETRY_ENABLED": "false"}
    return {**os.environ, **own}


def table(seen: Seen, said: Mapping[str, Said]) -> Iterator[str]:
    """Yield the lines of a Markdown table. ``said``: program -> the lineage it gives."""
    yield f"| | {' | '.join(said)} |"
    yield f"| --- |{' --- |' * len(said)}"
    wrong = {name: seen.wrong(one) for name, one in said.items()}
    rows = {
        f"edges, of the {len(seen.edges)} observed: right": [len(one.edges & seen.edges) for one in said.values()],
        "edges: wrong": [len(one.edges - seen.edges) for one in said.values()],
        "edges: missing": [len(seen.edges - one.edges) for one in said.values()],
        f"columns, of the {len(seen.columns)} seen equal: right": [
            len(one.columns & seen.columns) for one in said.values()
        ],
        "columns: wrong": [len(found) for found in wrong.values()],
        "of these, of a field that the dataset does not have": [
            sum(not seen.exists(one) for one in found) for found in wrong.values()
        ],
        "columns: missing": [len(seen.columns - one.columns) for one in said.values()],
        "columns that nothing contradicts, beside": [
            len(one.columns - seen.columns - wrong[name]) for name, one in said.items()
        ],
    }
    for what, counts in rows.items():
        yield f"| {what} | {' | '.join(map(str, counts))} |"


if __name__ == "__main__":
    main()
