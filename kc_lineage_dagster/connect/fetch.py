"""A cluster's answers to a snapshot: one listing, then per connector only what evidence needs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from kc_lineage_dagster.connect.answers import Answers, one_line
from kc_lineage_dagster.connect.calls import Calls, Wants, default_wants
from kc_lineage_dagster.connect.cleaning import Listed, listed
from kc_lineage_dagster.connect.listing import Entry, Listing, concurrently, list_connectors
from kc_lineage_dagster.connect.parse import WrongShapeError
from kc_lineage_dagster.connect.plugins import (
    Definitions,
    Installed,
    PasswordKeys,
    ask_definitions,
    installed_plugins,
    kind_by_plugin,
)
from kc_lineage_dagster.connect.secrets.redact import redact_text
from kc_lineage_dagster.connect.snapshot import ABOUT_PROPERTIES, Connector, Snapshot, by_name
from kc_lineage_dagster.connect.substitute import ProvidedConfig
from kc_lineage_dagster.errors import ConnectError
from kc_lineage_dagster.wording import encodable

__all__ = ["Earlier", "Reading", "Wants", "default_wants", "fetch", "list_only", "read"]

_CHUNK = 200  # connectors whose earlier evidence is looked up at once


class Earlier(Protocol):
    """What an earlier reading of the same cluster left."""

    @property
    def password_keys(self) -> PasswordKeys:
        """Class -> keys of type PASSWORD."""

    @property
    def names(self) -> Collection[str]:
        """The connectors that were read."""

    def connectors_of(self, names: Collection[str]) -> Mapping[str, Connector]:
        """Those of these connectors that were read, by name."""


class Reading:
    """A cluster that is being read: iterate over it once for its connectors, in the order of their names.

    They come as they are read, so that nobody needs to hold a large cluster whole. ``head``, complete once the
    iteration is over, is the rest of the snapshot. ConnectError, in one line, when the cluster cannot be listed: before
    the first connector. What cannot be read about a connector becomes one of its notes; a connector that cannot be read
    at all, an entry of ``head.unread``.
    """

    def __init__(self, head: Snapshot, connectors: Iterator[Connector]) -> None:
        self.head = head
        self._connectors = connectors

    def __iter__(self) -> Iterator[Connector]:
        return self._connectors


def fetch(
    answers: Answers,
    *,
    only: Collection[str] | None = None,
    allowed: Callable[[str], bool] | None = None,
    wants: Callable[[Mapping[str, str], str], Wants] = default_wants,
    provided: Sequence[ProvidedConfig] = (),
    use_topics_api: bool = True,
    progress: Callable[[int, int], None] | None = None,
    previous: Snapshot | None = None,
) -> Snapshot:
    """Read a cluster as ``read`` does, and hold it whole. ``previous``: an earlier snapshot of it."""
    reading = read(
        answers,
        only=only,
        allowed=allowed,
        wants=wants,
        provided=provided,
        use_topics_api=use_topics_api,
        progress=progress,
        earlier=_Snapshot(previous) if previous else None,
    )
    connectors = tuple(reading)
    return replace(reading.head, connectors=connectors)


def read(
    answers: Answers,
    *,
    only: Collection[str] | None = None,
    allowed: Callable[[str], bool] | None = None,
    wants: Callable[[Mapping[str, str], str], Wants] = default_wants,
    provided: Sequence[ProvidedConfig] = (),
    use_topics_api: bool = True,
    progress: Callable[[int, int], None] | None = None,
    earlier: Earlier | None = None,
) -> Reading:
    """Read a cluster, live (``ConnectClient``) or saved (``Saved``).

    ``allowed``: which names are listed at all (``connector_patterns``).
    ``only``: connectors whose evidence is read again (None: all). The others keep the evidence of ``earlier``;
    connectors that it lacks are always read.
    ``wants``: from redacted configuration and kind to what is asked.
    ``provided``: substituted before redaction.
    ``progress``: called with (done, total) connectors asked.
    """
    listing = list_connectors(answers, allowed or (lambda name: True))
    plugins = installed_plugins(answers)
    known = earlier.password_keys if earlier else {}
    definitions = ask_definitions(answers, _configs(listing), known, True, plugins.kinds)
    version, cluster = _about(answers)
    unread = _clean(listing.unread)
    head = Snapshot(
        answers.source,
        version,
        cluster,
        unread=unread,
        plugin_classes=frozenset(plugins.kinds),
        plugin_versions=plugins.versions,
        password_keys=definitions.password_keys,
        unread_files=_clean(answers.unread_files),
        passed_over=_clean(answers.passed_over),
    )
    asked = frozenset(listing.entries) if only is None else _asked(listing, only, earlier)
    calls = Calls(answers, provided, use_topics_api)

    def listed_ones() -> Iterator[Listed | Connector]:
        for names in _chunks(sorted(listing.entries)):
            kept = earlier.connectors_of([name for name in names if name not in asked]) if earlier else {}
            for name in names:
                one = _listed_one(name, listing.entries.pop(name), provided, definitions, unread)
                if one is not None:
                    one = _with_kind(one, plugins.kinds)
                    yield one if name in asked else _kept(one.connector, kept)

    def about(one: Listed | Connector) -> Connector:
        return one if isinstance(one, Connector) else calls.about(one, wants(one.connector.config, one.connector.kind))

    def connectors() -> Iterator[Connector]:
        done = 0
        for connector in concurrently(answers, about, listed_ones()):
            yield connector
            if connector.name in asked:
                done += 1
                if progress:
                    progress(done, len(asked))

    return Reading(head, connectors())


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """An earlier snapshot that is held whole."""

    snapshot: Snapshot

    @property
    def password_keys(self) -> PasswordKeys:
        return self.snapshot.password_keys

    @property
    def names(self) -> Collection[str]:
        return frozenset(one.name for one in self.snapshot.connectors)

    def connectors_of(self, names: Collection[str]) -> Mapping[str, Connector]:
        chosen = frozenset(names)
        return {one.name: one for one in self.snapshot.connectors if one.name in chosen}


def _asked(listing: Listing, only: Collection[str], earlier: Earlier | None) -> frozenset[str]:
    names = frozenset(listing.entries)
    return names & frozenset(only) | (names - frozenset(earlier.names) if earlier else frozenset())


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), _CHUNK):
        yield names[start : start + _CHUNK]


def list_only(
    answers: Answers,
    *,
    allowed: Callable[[str], bool] | None = None,
    provided: Sequence[ProvidedConfig] = (),
    previous: Snapshot | None = None,
) -> Snapshot:
    """Return the cluster without evidence (no topics, offsets, task configurations): what a sensor polls.

    With the ``previous`` snapshot, configurations are redacted as they were there, and nothing else is asked for.
    """
    known = previous.password_keys if previous else {}
    listing = list_connectors(answers, allowed or (lambda name: True))
    definitions = ask_definitions(answers, _configs(listing), known, False)
    unread = _clean(listing.unread)
    found = [_listed_one(name, one, provided, definitions, unread) for name, one in listing.entries.items()]
    read = [one for one in found if one is not None]
    plugins = Installed()
    if any(one.connector.kind == "unknown" for one in read):
        plugins = installed_plugins(answers)
        read = [_with_kind(one, plugins.kinds) for one in read]
    connectors = by_name(one.connector for one in read)
    return Snapshot(
        answers.source,
        connectors=connectors,
        unread=unread,
        plugin_classes=frozenset(plugins.kinds),
        plugin_versions=plugins.versions,
        password_keys=definitions.password_keys,
        unread_files=_clean(answers.unread_files),
        passed_over=_clean(answers.passed_over),
    )


def _configs(listing: Listing) -> list[Any]:
    return [entry.info.get("config") for entry in listing.entries.values() if isinstance(entry.info, Mapping)]


def _clean(reasons: Mapping[str, str]) -> dict[str, str]:
    return {encodable(name): one_line(redact_text(reason)) for name, reason in reasons.items()}


def _listed_one(
    name: str, entry: Entry, provided: Sequence[ProvidedConfig], definitions: Definitions, unread: dict[str, str]
) -> Listed | None:
    """One connector of a listing; None, and an entry of ``unread``, when it has no usable configuration."""
    try:
        return listed(name, entry, provided, definitions)
    except WrongShapeError as error:
        unread[encodable(name)] = one_line(redact_text(str(error)))
        return None


def _with_kind(one: Listed, plugins: Mapping[str, str]) -> Listed:
    if one.connector.kind != "unknown":
        return one
    kind = kind_by_plugin(one.connector.connector_class, plugins)
    return replace(one, connector=replace(one.connector, kind=kind))


def _kept(connector: Connector, before: Mapping[str, Connector]) -> Connector:
    """Give a connector that is not asked about the evidence of an earlier snapshot."""
    earlier = before.get(connector.name)
    if earlier is None:
        return connector
    return replace(
        connector,
        topics=earlier.topics,
        offsets=earlier.offsets,
        task_configs=earlier.task_configs,
        notes=(
            *(note for note in earlier.notes if not note.startswith(ABOUT_PROPERTIES)),
            *(note for note in connector.notes if note.startswith(ABOUT_PROPERTIES)),
        ),
    )


def _about(answers: Answers) -> tuple[str | None, str | None]:
    """Return the worker's version and its Kafka cluster's id; nothing depends on them."""
    try:
        body = answers.get("/")
    except ConnectError:
        return None, None
    known = body if isinstance(body, Mapping) else {}
    version, cluster = known.get("version"), known.get("kafka_cluster_id")
    return (
        one_line(encodable(version), 80) if isinstance(version, str) else None,
        one_line(encodable(cluster), 80) if isinstance(cluster, str) else None,
    )
