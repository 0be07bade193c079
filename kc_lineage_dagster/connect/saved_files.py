"""Read the files of a saved cluster: choose those that may hold connectors, and say what each of them holds.

A file that cannot be read is reported with the reason, as long as it may hold connectors (``Read.unread_files``). One
that plainly holds something else is passed over (``Read.passed_over``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kc_lineage_dagster.connect.answers import one_line
from kc_lineage_dagster.connect.forms.content import Other, Posted
from kc_lineage_dagster.connect.forms.documents import connectors_of_text
from kc_lineage_dagster.connect.forms.terraform import RESOURCES
from kc_lineage_dagster.errors import ConnectError
from kc_lineage_dagster.wording import encodable, first_few

NOT_JSON = (".yaml", ".yml", ".properties")
_READ = (*NOT_JSON, ".json", ".tfstate")
# what connectors are kept in besides, and what to do about it
_NOT_READ = {
    ".tf": "Terraform's own language is not read: save what `terraform show -json` prints",
    ".sh": "a shell script is not read: keep its connectors in files of their own",
    ".sql": "SQL statements are not read",
    **dict.fromkeys((".j2", ".tpl", ".tmpl", ".gotmpl"), "a template is not read: read what it is rendered to"),
    **dict.fromkeys((".jsonnet", ".libsonnet", ".cue"), "a program is not read: read what it evaluates to"),
}
_MENTION = re.compile("|".join(["connector.class", *(f'"{name}"' for name in RESOURCES)]))
# resources of Kubernetes and answers of MSK do not say connector.class
_MAY_HOLD = re.compile(r"(?i)connector|mirror_?maker")
_TEMPLATE = re.compile(r"\{\{|\{%")
_MOST_BYTES = 256 * 1024 * 1024
_FOREIGN = frozenset(("node_modules",))


@dataclass(frozen=True, slots=True)
class Read:
    """What files hold.

    Args:
        connectors: (file, connector) for every connector, in the order of the files.
        unread_files: File -> why it could not be read, although it may hold connectors.
        passed_over: File -> what it holds instead of connectors.
    """

    connectors: list[tuple[str, Posted]] = field(default_factory=list)
    unread_files: dict[str, str] = field(default_factory=dict)
    passed_over: dict[str, str] = field(default_factory=dict)


def read_folder(folder: Path) -> Read:
    """Read all files below a folder, hidden ones and those of foreign packages excepted.

    Raises:
        ConnectError: When the folder has none of a form that is read.
    """
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (*_READ, *_NOT_READ) and path.is_file())
    files = [path for path in files if not _hidden(path.relative_to(folder).parts)]
    if not any(path.suffix.lower() in _READ for path in files):
        raise ConnectError("no .json, .yaml, .yml or .properties file in this folder", str(folder))
    read = Read()
    for path in files:
        file = encodable(str(path.relative_to(folder)))
        reason = _NOT_READ.get(path.suffix.lower())
        if reason is None:
            _read_file(path, file, read)
        elif _mentions_connectors(path):
            read.unread_files[file] = reason
    return read


def read_one(path: Path, text: str) -> Read:
    """Read the text of one file.

    Raises:
        ConnectError: When the text is malformed.
    """
    read, file = Read(), path.name
    reason = _NOT_READ.get(path.suffix.lower())
    if reason:
        raise ConnectError(reason, str(path))
    try:
        _sort(file, connectors_of_text(f"{path.absolute().parent.name}/{file}", text), read)
    except (ValueError, RecursionError) as error:
        raise ConnectError(_reason(error, text), str(path)) from None
    return read


def read_text(path: Path) -> str:
    """Return the text of a file.

    Raises:
        ConnectError: When the file cannot be read.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ConnectError(f"larger than {_MOST_BYTES >> 20} MiB, the most that is read: divide it", str(path))
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConnectError(error.strerror or "cannot be read", str(path)) from None
    except UnicodeDecodeError:
        raise ConnectError("not UTF-8 text: save it as UTF-8", str(path)) from None


def _read_file(path: Path, file: str, read: Read) -> None:
    try:
        text = read_text(path)
    except ConnectError as error:
        read.unread_files[file] = error.reason
        return
    try:
        _sort(file, connectors_of_text(file, text), read)
    except (ValueError, RecursionError) as error:
        # a template of another kind of resource is the usual YAML that is none
        foreign = path.suffix.lower() in NOT_JSON and bool(text.strip()) and not _MAY_HOLD.search(text)
        (read.passed_over if foreign else read.unread_files)[file] = _reason(error, text)


def _sort(file: str, found: Iterator[Posted | Other], read: Read) -> None:
    documents = list(found)
    connectors = [(file, one) for one in documents if isinstance(one, Posted)]
    others = [one for one in documents if isinstance(one, Other)]
    read.connectors.extend(connectors)
    unclear = _in_words(one.what for one in others if one.may_hold)
    if unclear:
        read.unread_files[file] = f"{unclear}: not a form that is read"
    elif not connectors:
        read.passed_over[file] = _in_words(one.what for one in others) or "nothing"


def _in_words(kinds: Iterator[str]) -> str:
    return one_line(first_few(dict.fromkeys(kinds), 3))


def _reason(error: Exception, text: str) -> str:
    reason = str(error) if isinstance(error, ValueError) else "nested too deeply"
    return f"{reason}; it looks like a template: read what it is rendered to" if _TEMPLATE.search(text) else reason


def _mentions_connectors(path: Path) -> bool:
    try:
        return _MENTION.search(path.read_bytes()[:_MOST_BYTES].decode("utf-8", "replace")) is not None
    except OSError:
        return False


def _hidden(parts: tuple[str, ...]) -> bool:
    return any(part.startswith(".") or part in _FOREIGN for part in parts)
