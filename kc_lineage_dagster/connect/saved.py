"""A saved cluster: the answers of a worker, from files, so that lineage needs no running Connect.

Forms: (a) a file with the answer of ``GET /connectors?expand=info&expand=status``; (b) a file that maps request paths
to answers, bare or as ``{"status": 200, "body": ...}``; (c) a folder with a JSON file per connector as it is posted;
(d) Strimzi ``KafkaConnector`` YAML, a file or a folder. A folder may mix (c) and (d).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from urllib.request import url2pathname

from kc_lineage_dagster.connect.answers import EXPANDED, NAMES, NotSaved, one_line, parse_json
from kc_lineage_dagster.connect.parse import text_of
from kc_lineage_dagster.connect.saved_forms import Posted, connectors_in, load_yaml, looks_posted
from kc_lineage_dagster.connect.secrets.redact import redact_text
from kc_lineage_dagster.connect.settings import is_http
from kc_lineage_dagster.errors import ConnectError, ConnectNotFound, ConnectRefused, ConnectUnavailable

_YAML = (".yaml", ".yml")
_JSON = (".json",)
_MOST_BYTES = 256 * 1024 * 1024
_REFUSED = (401, 403)


class Saved:
    """Answers from files, with the ``get`` of ``ConnectClient``.

    ``answers``: request path -> body, or ``{"status", "body"}``. ``unread``: name -> reason, for broken files.
    """

    concurrency = 1

    def __init__(self, source: str, answers: Mapping[str, Any], unread: Mapping[str, str] | None = None) -> None:
        self.source = source
        self.unread: Mapping[str, str] = unread or {}
        self._answers = {_canonical(path): answer for path, answer in answers.items()}

    def __repr__(self) -> str:
        return f"Saved({self.source!r}, {len(self._answers)} answers)"

    def get(self, path: str) -> Any:
        """Return the saved answer. Raises NotSaved when there is none, else what a worker's error would raise."""
        wanted = _canonical(path)
        answer = self._answers.get(wanted)
        if answer is None and wanted not in self._answers:
            if path == EXPANDED:
                return self._assembled()
            raise NotSaved(f"{self.source} holds no answer to {one_line(path, 150)}")
        if not (isinstance(answer, Mapping) and answer.keys() == {"status", "body"}):
            return answer
        status, body = answer["status"], answer["body"]
        if status == 200:
            return body
        raise self._error(path, status, body)

    def _error(self, path: str, status: Any, body: Any) -> ConnectError:
        message = str(body.get("message") or "") if isinstance(body, Mapping) else ""
        text = f"{self.source}: {one_line(path, 150)} was answered {status} {one_line(redact_text(message))}".rstrip()
        kind = ConnectNotFound if status == 404 else ConnectRefused if status in _REFUSED else ConnectUnavailable
        return kind(text)

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

    Raises ConnectError, in one line, when nothing can be read there at all. One broken file among good ones becomes an
    entry of ``unread``.
    """
    path = _path(path_or_file_uri)
    if path.is_dir():
        return _from_posted(text_of(str(path)), _folder(path))
    if not path.is_file():
        hint = "; a worker's address begins with http:// or https://" if ":" in str(path_or_file_uri) else ""
        raise ConnectError(f"{path}: no such file or folder{hint}")
    documents = _documents(path)
    if len(documents) == 1 and isinstance(documents[0], Mapping):
        return _from_object(path, documents[0])
    return _from_posted(text_of(str(path)), _all(path, path.name, documents))


def _from_object(path: Path, document: Mapping[str, Any]) -> Saved:
    if document and all(isinstance(key, str) and key.startswith("/") for key in document):
        return Saved(text_of(str(path)), document)
    if isinstance(document.get("error_code"), int):
        message = redact_text(str(document.get("message") or ""))
        raise ConnectError(f"{path} holds an error's answer: {document['error_code']} {one_line(message)}".rstrip())
    if all(isinstance(entry, Mapping) and ("info" in entry or "status" in entry) for entry in document.values()):
        return Saved(text_of(str(path)), {EXPANDED: document})
    if looks_posted(document) or ("kind" in document and "apiVersion" in document):
        return _from_posted(text_of(str(path)), _all(path, path.name, [document]))
    return Saved(
        text_of(str(path)), {EXPANDED: document}
    )  # a listing with broken entries: they are reported one by one


def _folder(folder: Path) -> list[tuple[str, Posted]]:
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (*_JSON, *_YAML) and path.is_file())
    files = [path for path in files if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
    if not files:
        raise ConnectError(f"{folder}: no .json, .yaml or .yml file in this folder")
    found: list[tuple[str, Posted]] = []
    for path in files:
        name = text_of(str(path.relative_to(folder)))
        try:
            documents = _documents(path)
        except ConnectError as error:
            found.append((name, Posted(text_of(path.stem), {}, problem=str(error).removeprefix(f"{path}: "))))
        else:
            found += _all(path, name, documents)
    return found


def _all(path: Path, file: str, documents: Iterable[Any]) -> list[tuple[str, Posted]]:
    stem, others = text_of(path.stem), path.suffix.lower() in _YAML
    return [(file, posted) for document in documents for posted in connectors_in(document, stem, others)]


def _documents(path: Path) -> list[Any]:
    """Read the documents of a file; JSON is tried for every name that is not YAML's. Raises ConnectError."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ConnectError(f"{path}: larger than {_MOST_BYTES} bytes")
        raw = path.read_bytes()
        return load_yaml(raw.decode("utf-8-sig")) if path.suffix.lower() in _YAML else [_json(raw)]
    except OSError as error:
        raise ConnectError(f"{path}: {error.strerror or 'cannot be read'}") from None
    except UnicodeDecodeError:
        raise ConnectError(f"{path}: not UTF-8 text") from None
    except ValueError as error:
        raise ConnectError(f"{path}: {error}") from None


def _json(raw: bytes) -> Any:
    try:
        return parse_json(raw.removeprefix(b"\xef\xbb\xbf"))
    except UnicodeDecodeError:
        raise
    except ValueError as error:
        line = getattr(error, "lineno", None)
        raise ValueError(
            "malformed JSON" + (f" at line {line}, column {getattr(error, 'colno', '?')}" if line else "")
        ) from None


def _from_posted(source: str, found: list[tuple[str, Posted]]) -> Saved:
    if not found:
        raise ConnectError(f"{source}: no connector in it")
    listing: dict[str, Any] = {}
    files: dict[str, str] = {}
    unread: dict[str, str] = {}
    for file, posted in found:
        if posted.name in files:
            unread[posted.name] = f"two files name it: {files[posted.name]} and {file}"
        elif posted.problem:
            unread[posted.name] = f"{file}: {posted.problem}"
        files.setdefault(posted.name, file)
        status = {"connector": {"state": posted.state}, "tasks": []}
        listing[posted.name] = {"info": {"name": posted.name, "config": posted.config}, "status": status}
    whole = {name: entry for name, entry in listing.items() if name not in unread}
    if not whole:
        raise ConnectError(one_line(f"{source}: no connector in it can be read: {next(iter(unread.values()))}"))
    return Saved(source, {EXPANDED: whole}, unread)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _path(path_or_file_uri: str | Path) -> Path:
    text = str(path_or_file_uri)
    if not text.lower().startswith("file:"):
        return Path(text).expanduser()
    parts = urlsplit(text)
    return Path(
        url2pathname(parts.path) if parts.netloc in ("", "localhost") else url2pathname(parts.netloc + parts.path)
    )


def _canonical(path: str) -> tuple[str, ...]:
    """One spelling for one request: segments decoded one by one, no trailing slash, parameters sorted."""
    plain, _, query = path.partition("?")
    parameters = sorted(f"?{key}={value}" for key, value in parse_qsl(query))
    return (*(unquote(segment) for segment in plain.rstrip("/").split("/")), *parameters)
