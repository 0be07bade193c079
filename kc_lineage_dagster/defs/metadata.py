"""What people see of a connector in Dagster: a picture, a table of edges, unresolved items, tasks, links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from dagster import MarkdownMetadataValue, MetadataValue

from kc_lineage_dagster.emit.urns import flow_urn
from kc_lineage_dagster.lineage import ConnectorLineage, Dataset
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.run.difference import difference
from kc_lineage_dagster.run.report import Result

# Rows of a table among an event's metadata: the web interface opens a table of this length in one dialog, and the
# metadata is stored with every event.
_ROWS = 100
_COLUMNS = 60  # rows of the table of columns: there are many more than edges, and lineage.html has them all
_KEYS = 40  # of a configuration, which decided lineage
_NODES = 8  # datasets on one side of the picture
_NAME = 36  # characters of a dataset's name in the picture
_PLAIN = "/:;=,.-'"  # beside letters and digits: what may stand in the address of a markdown image as it is
_SHOWN = 1_000  # characters of markdown that Dagster's web interface shows in place; more is behind a link
_MARKDOWN = str.maketrans(
    {character: f"&#{ord(character)};" for character in "|`*_[]<>&\\!#~$"} | {"\n": " ", "\r": " "}
)


class _Address(dict[int, str]):
    """A table for ``str.translate`` that percent-encodes an address; a character is added when it is first met."""

    def __missing__(self, character: int) -> str:
        letter = chr(character)
        plain = letter.isascii() and (letter.isalnum() or letter == "_" or letter in _PLAIN)
        return self.setdefault(character, letter if plain else "".join(f"%{byte:02X}" for byte in letter.encode()))


_ADDRESS = _Address()


def cell(text: object, most: int = 200) -> str:
    """Return text as a cell of a markdown table, cut to ``most`` characters.

    Nothing in it is taken for markdown or HTML.
    """
    shown = str(text)
    return (shown if len(shown) <= most else shown[: most - 1] + "…").translate(_MARKDOWN)


def table(header: Sequence[str], rows: Sequence[Sequence[object]], most: int = _ROWS) -> str:
    """Return a markdown table.

    Args:
        header: The titles of the columns.
        rows: The cells of each row.
        most: Rows that are shown; those beyond are counted.
    """
    lines = [" | ".join(header), " | ".join("---" for _ in header)]
    lines += [" | ".join(cell(value) for value in row) for row in rows[:most]]
    more = [f"\n… and {len(rows) - most} more"] if len(rows) > most else []
    return "\n".join([*(f"| {line} |" for line in lines), *more])


def bullet_list(rows: Sequence[Sequence[object]], most: int) -> str:
    """Return rows as a markdown list; those beyond ``most`` are counted.

    The cells are code, so that Markdown reads nothing in them and a terminal shows them as they are.
    """
    lines = [f"- {' · '.join(f'`{_code(value)}`' for value in row)}" for row in rows[:most]]
    more = [f"- and {len(rows) - most} more: see items"] if len(rows) > most else []
    return "\n".join([*lines, *more])


def _code(value: object, most: int = 300) -> str:
    shown = " ".join(str(value).split()).replace("`", "'") or " "
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def edge_table(lineage: ConnectorLineage) -> str:
    """Return a table of the edges: from, to, and how each edge is known.

    The last column is left out where all edges are known in one way, because the web interface cuts off what is wide.
    """
    rows = [(edge.upstream or "(nothing a catalog knows)", edge.downstream, edge.evidence) for edge in lineage.edges]
    if len({evidence for *_, evidence in rows}) == 1:
        return table(("from", "to"), [row[:2] for row in rows])
    return table(("from", "to", "how we know"), rows)


def unresolved_table(lineage: ConnectorLineage) -> str:
    """Return a table of what is unresolved, and why."""
    return table(("what", "topic", "why"), [(item.what, item.topic or "", item.reason) for item in lineage.unresolved])


def column_table(lineage: ConnectorLineage) -> str:
    """Return a table of the columns and what they are made of; empty when no column is known."""
    rows = [
        (", ".join(pair.upstream) or "(made)", pair.downstream, pair.transform, edge)
        for edge in lineage.edges
        for pair in edge.fields
        if pair.downstream is not None
    ]
    return table(("from", "to", "changed by", "in"), rows, _COLUMNS) if rows else ""


def lineage_metadata(
    cluster: Cluster, result: Result, page: str | None, read_at: float | None
) -> Mapping[str, MetadataValue | int | str]:
    """Return the metadata of one ``connector_lineage`` partition.

    Args:
        cluster: The connector's cluster.
        result: What became of the connector.
        page: Path or address of the cluster's page, None where there is none.
        read_at: When the connector was read, in seconds since the epoch; None where that is not known.
    """
    lineage, connector = result.lineage, result.connector
    metadata: dict[str, MetadataValue | int | str] = {
        "connector": lineage.connector,
        "class": lineage.connector_class or "none is named",
        "type": lineage.kind,
        "state": connector.state,
        "tasks": ", ".join(f"{task.id}: {task.state}" for task in connector.tasks) or "none",
        "edges": len(lineage.edges),
        "unresolved": len(lineage.unresolved),
    }
    if read_at is not None:
        metadata["read_at"] = MetadataValue.timestamp(read_at)
    if lineage.edges:
        metadata["how_we_know"] = "; ".join(dict.fromkeys(edge.evidence for edge in lineage.edges))
        metadata["picture"] = picture(lineage)
        metadata["lineage"] = MarkdownMetadataValue(edge_table(lineage))
    if lineage.decided_by:
        metadata["decided_by"] = ", ".join(lineage.decided_by[:_KEYS]) + (" …" if lineage.decided_by[_KEYS:] else "")
    columns = column_table(lineage)
    if columns:
        metadata["columns"] = MarkdownMetadataValue(columns)
    if lineage.unresolved:
        metadata["unresolved_items"] = MarkdownMetadataValue(unresolved_table(lineage))
    changed = difference(result.before, lineage)[1:] if result.before else []
    if changed:
        metadata["changed_since_last_sync"] = MarkdownMetadataValue(diff(changed))
    if page is not None:
        address = page if "://" in page else Path(page).as_uri()
        metadata["lineage_page"] = MetadataValue.path(f"{address}#connector={quote(lineage.connector, safe='')}")
    link = datahub_link(cluster.recipe.options.frontend_url, flow_urn(cluster.naming(), lineage.connector))
    if link:
        metadata["datahub"] = MetadataValue.url(link)
    return metadata


def diff(lines: Sequence[str], most: int = _ROWS) -> str:
    """Return lines that begin with ``+`` or ``-`` as a block that the web interface colours.

    Lines beyond ``most`` are counted.
    """
    shown = [line.strip().replace("```", "` ` `").replace("\n", " ") for line in lines[:most]]
    more = [f"… and {len(lines) - most} more"] if len(lines) > most else []
    return "\n".join(["```diff", *shown, *more, "```"])


def datahub_link(frontend_url: str | None, flow_urn: str) -> str | None:
    """Return the address of DataHub's page of a DataFlow; None without ``options.frontend_url``."""
    return f"{frontend_url.rstrip('/')}/pipelines/{quote(flow_urn, safe='')}" if frontend_url else None


def picture(lineage: ConnectorLineage) -> MarkdownMetadataValue:
    """Return a small SVG as a markdown image: upstream datasets, the connector, downstream datasets.

    It has as many datasets as fit into the markdown that Dagster shows without a click.
    """
    upstream = tuple(dict.fromkeys(edge.upstream for edge in lineage.edges if edge.upstream))
    downstream = tuple(dict.fromkeys(edge.downstream for edge in lineage.edges))
    for most in range(max(1, min(_NODES, max(len(upstream), len(downstream)))), 0, -1):
        svg = _svg(lineage.connector, _ends(upstream, most), _ends(downstream, most))
        markdown = f"![lineage](data:image/svg+xml,{svg.translate(_ADDRESS)})"
        if len(markdown) < _SHOWN:
            break
    return MarkdownMetadataValue(markdown)


def _svg(connector: str, upstream: Sequence[str], downstream: Sequence[str]) -> str:
    height = 22 * max(len(upstream), len(downstream), 2)
    left = [(name, _height_of(number, len(upstream), height)) for number, name in enumerate(upstream)]
    right = [(name, _height_of(number, len(downstream), height)) for number, name in enumerate(downstream)]
    own, middle = _end_of(connector, 22), height // 2
    lines = "".join([f"M242 {y}L280 {middle}" for _, y in left] + [f"M420 {middle}L458 {y}" for _, y in right])
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='700' height='{height}'"
        f" style='background:white;font:11px Arial'><path stroke='gray' d='{lines}'/>"
        f"<g transform='translate(350)' text-anchor='middle' fill='blue'>{_column([(own, middle)])}</g>"
        f"<g transform='translate(238)' text-anchor='end'>{_column(left)}</g>"
        f"<g transform='translate(462)'>{_column(right)}</g></svg>"
    )


def _column(names: Sequence[tuple[str, int]]) -> str:
    return "".join(f"<text y='{y + 4}'>{escape(name)}</text>" for name, y in names)


def _ends(datasets: Sequence[Dataset], most: int) -> list[str]:
    shown = len(datasets) if len(datasets) <= most else most - 1
    more = [f"… {len(datasets) - shown} more"] if shown < len(datasets) else []
    return [*(_end_of(str(one), _NAME) for one in datasets[:shown]), *more]


def _height_of(number: int, count: int, height: int) -> int:
    return height * (2 * number + 1) // (2 * count)


def _end_of(text: str, most: int) -> str:
    clean = "".join(character if character.isprintable() else "�" for character in text)
    return clean if len(clean) <= most else "…" + clean[-(most - 1) :]
