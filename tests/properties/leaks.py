"""Searches bytes, files and databases for the core of planted secrets, as it is and encoded."""

from __future__ import annotations

import base64
import re
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.properties.planted import CORE, MARKER


def in_base64(text: str) -> Iterator[str]:
    """What stands in base64, standard and URL-safe, wherever the text begins; only what no neighbour changes."""
    for offset, skip in ((0, 0), (1, 2), (2, 3)):
        raw = b"\0" * offset + text.encode()
        encoded = base64.b64encode(raw).decode()[skip : len(raw) * 8 // 6]
        yield from {encoded, encoded.replace("+", "-").replace("/", "_")}


def forms(text: str) -> re.Pattern[bytes]:
    """The text as it is (in any case; it holds nothing that a URL or JSON would escape), in base64, hex and UTF-16."""
    plain = [re.escape(text.encode()), text.encode().hex().encode(), re.escape(text.encode("utf-16-le"))]
    anycase = b"(?i:" + b"|".join(plain) + b")"
    return re.compile(b"|".join([anycase, *(re.escape(one.encode()) for one in in_base64(text))]))


SECRET, PLAIN = forms(CORE), re.compile(MARKER.encode())


@dataclass
class Search:
    """What was searched and what was found; ``plain`` are the places that hold the marker, which is no secret."""

    searched: int = 0
    leaks: list[str] = field(default_factory=list)
    plain: set[str] = field(default_factory=set)

    def look(self, where: str, found: bytes | str) -> None:
        raw = found.encode("utf-8", "surrogatepass") if isinstance(found, str) else found
        self.searched += len(raw)
        self.leaks += [f"{where}: {_around(raw, match)}" for match in SECRET.finditer(raw)]
        if PLAIN.search(raw):
            self.plain.add(where)

    def files(self, where: str, folder: Path) -> None:
        """Every file below a folder; of SQLite's also what its rows hold compressed."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                raw = path.read_bytes()
                self.look(f"{where}/{path.name}", raw)
                for blob in _unpacked(path) if raw.startswith(b"SQLite format 3") else ():
                    self.look(f"{where}/{path.name}", blob)

    def missing(self, *places: str) -> list[str]:
        """The places without the marker: a search there would not have found a secret either."""
        return [place for place in places if not any(one.startswith(place) for one in self.plain)]


def _unpacked(path: Path) -> Iterator[bytes]:
    """Dagster keeps snapshots of jobs compressed."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        tables = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
        for table in tables:
            for row in database.execute(f'select * from "{table}"'):
                for value in row:
                    if isinstance(value, bytes):
                        yield _decompressed(value)
                    elif isinstance(value, str):  # what a page of the file cuts in two
                        yield value.encode("utf-8", "surrogatepass")
    database.close()


def _decompressed(value: bytes) -> bytes:
    try:
        return zlib.decompress(value)
    except zlib.error:
        return value


def _around(raw: bytes, match: re.Match[bytes]) -> str:
    return raw[max(0, match.start() - 60) : match.end() + 30].decode("utf-8", "replace")
