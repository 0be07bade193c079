"""A saved cluster: the answers of a worker, from files, so that lineage needs no running Connect.

A file may hold answers of a worker as they are: that of ``GET /connectors?expand=info&expand=status``, or request
paths with answers, bare or as ``{"status": 200, "body": ...}``. Any other file, and every file of a folder, holds
connectors in one of the ``forms``, any number of them, mixed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from kc_lineage_dagster.connect.answers import ERRORS, EXPANDED, NAMES, NotSaved, connector_path, one_line, parse_json
from kc_lineage_dagster.connect.parse import words_of
from kc_lineage_dagster.connect.saved_files import NOT_JSON, Read, read_folder, read_one, read_text
from kc_lineage_dagster.connect.secrets.redact import redact_text
from kc_lineage_dagster.connect.settings import is_http
from kc_lineage_dagster.errors import ConnectError, ConnectUnavailable
from kc_lineage_dagster.wording import encodable, first_few

_MOST_REASONS = 3


class Saved:
    """Answers from files, with the ``get`` of ``ConnectClient``.

    Args:
        source: The path of the saved cluster.
        answers: Request path -> body, or ``{"status", "body"}``.
        unread: Connector -> why its configuration cannot be used; None for none.
        unread_files: File -> why it could not be read, although it may hold connectors; None for none.
        passed_over: File -> what it holds instead of connectors; None for none.
    """

    concurrency = 1

    def __init__(
        self,
        source: str,
        answers: Mapping[str, Any],
        unread: Mapping[str, str] | None = None,
        unread_files: Mapping[str, str] | None = None,
        passed_over: Mapping[str, str] | None = None,
    ) -> None:
        self.source = source
        self.unread: Mapping[str, str] = unread or {}
        self.unread_files: Mapping[str, str] = unread_files or {}
        self.passed_over: Mapping[str, str] = passed_over or {}
        self._answers = {_canonical(path): answer for path, answer in answers.items()}

    def __repr__(self) -> str:
        return f"Saved({self.source!r}, {len(self._answers)} answers)"

    def get(self, path: str) -> Any:
        """Return the saved answer.

        Raises:
            NotSaved: When there is none.
            ConnectError: When the saved answer is an error's: of the kind that the worker's own answer would raise.
        """
        wanted = _canonical(path)
        answer = self._answers.get(wanted)
        if answer is None and wanted not in self._answers:
            if path == EXPANDED:
                return self._assembled()
            raise NotSaved(f"holds no answer to {one_line(path, 150)}", self.source)
        if not (isinstance(answer, Mapping) and answer.keys() == {"status", "body"}):
            return answer
        status, body = answer["status"], answer["body"]
        if status == 200:
            return body
        raise self._error(path, status, body)

    def _error(self, path: str, status: Any, body: Any) -> ConnectError:
        said = one_line(redact_text(words_of(body)))
        reason = f"{one_line(path, 150)} was answered {status} {said}".rstrip()
        return ERRORS.get(status, ConnectUnavailable)(reason, self.source, status, said)

    def _assembled(self) -> Any:
        """Put the listing together from answers that hold parts of it."""
        parts = [self._answers.get(_canonical(f"{NAMES}?expand={part}")) for part in ("info", "status")]
        bodies = [part.get("body", part) if isinstance(part, Mapping) else {} for part in parts]
        if isinstance(bodies[0], Mapping) and bodies[0]:
            rest = bodies[1] if isinstance(bodies[1], Mapping) else {}
            return {name: {**_mapping(rest.get(name)), **_mapping(entry)} for name, entry in bodies[0].items()}
        return self.get(NAMES)


def is_saved(uri: str) -> bool:
    """Tell whether a ``connect_uri`` names files: anything that is not ``http://`` or ``https://``."""
    return not is_http(uri)


def open_saved(path_or_file_uri: str | Path) -> Saved:
    """Open a saved cluster: a file or a folder, as a path or a ``file:`` URI.

    One broken connector among good ones becomes an entry of ``unread``, one broken file an entry of ``unread_files``.

    Raises:
        ConnectError: When nothing can be read there at all.
    """
    path = _path(path_or_file_uri)
    if path.is_dir():
        return _assembled(encodable(str(path)), read_folder(path))
    if not path.is_file():
        hint = "; a worker's address begins with http:// or https://" if ":" in str(path_or_file_uri) else ""
        raise ConnectError(f"no such file or folder{hint}", str(path))
    text = read_text(path)
    answers = _answers(path, text)
    return answers or _assembled(encodable(str(path)), read_one(path, text))


def _answers(path: Path, text: str) -> Saved | None:
    """Return the answers in a file that holds them whole: request paths, or the expanded listing; None in any other."""
    try:
        document = parse_json(text) if path.suffix.lower() not in NOT_JSON else None
    except ValueError:
        return None
    if not isinstance(document, Mapping):
        return None
    if document and all(isinstance(key, str) and key.startswith("/") for key in document):
        return Saved(encodable(str(path)), document)
    if isinstance(document.get("error_code"), int):
        message = redact_text(str(document.get("message") or ""))
        reason = f"an error's answer: {document['error_code']} {one_line(message)}".rstrip()
        raise ConnectError(reason, str(path))
    entries = [entry for entry in document.values() if isinstance(entry, Mapping)]
    listed = sum(isinstance(entry.get("info"), Mapping) for entry in entries)
    # a listing with broken entries: they are reported one by one
    return Saved(encodable(str(path)), {EXPANDED: document}) if listed or not document else None


def _assembled(source: str, read: Read) -> Saved:
    """Return the answers that a worker of all the connectors in these files would give."""
    answers: dict[str, Any] = {}
    listing: dict[str, Any] = {}
    files: dict[str, str] = {}
    unread: dict[str, str] = {}
    for file, posted in read.connectors:
        if posted.name in files:
            unread[posted.name] = f"two files name it: {files[posted.name]} and {file}"
        elif posted.problem:
            unread[posted.name] = f"{posted.problem}, in {file}"
        files.setdefault(posted.name, file)
        info = {"name": posted.name, "config": posted.config, "type": posted.kind}
        status = posted.status or {"connector": {"state": posted.state}, "tasks": []}
        listing[posted.name] = {"info": info, "status": status}
        if posted.topics is not None:
            answers[connector_path(posted.name, "/topics")] = {posted.name: {"topics": list(posted.topics)}}
    whole = {name: entry for name, entry in listing.items() if name not in unread}
    if not whole:
        raise ConnectError(one_line(_nothing(unread, read)), source)
    return Saved(source, {**answers, EXPANDED: whole}, unread, read.unread_files, read.passed_over)


def _nothing(unread: Mapping[str, str], read: Read) -> str:
    """Say why there is no connector, by the first things that are there instead."""
    problems = [f"{name}: {reason}" for name, reason in unread.items()]
    problems += [f"{file}: {reason}" for file, reason in read.unread_files.items()]
    if problems:
        return f"no connector in it can be read: {first_few(problems, _MOST_REASONS, '; ')}"
    others = [f"{file}: {what}" for file, what in read.passed_over.items()]
    return f"no connector in it{': ' if others else ''}{first_few(others, _MOST_REASONS, '; ')}"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _path(path_or_file_uri: str | Path) -> Path:
    text = str(path_or_file_uri)
    if not text.lower().startswith("file:"):
        return Path(text).expanduser()
    from urllib.request import url2pathname  # loads an HTTP client and TLS

    parts = urlsplit(text)
    return Path(
        url2pathname(parts.path) if parts.netloc in ("", "localhost") else url2pathname(parts.netloc + parts.path)
    )


def _canonical(path: str) -> tuple[str, ...]:
    """Return the one spelling of a request: segments decoded one by one, no trailing slash, parameters sorted."""
    plain, _, query = path.partition("?")
    segments = plain.rstrip("/").split("/")
    if "%" in plain:
        segments = [unquote(segment) for segment in segments]
    return (*segments, *sorted(f"?{key}={value}" for key, value in parse_qsl(query))) if query else tuple(segments)
