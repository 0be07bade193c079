"""Read a cluster: one listing, then of each connector only the answers that are evidence of lineage.

The way of a connector: ``listing.Entry`` as the worker lists it, ``cleaning.CleanConnector`` without secrets,
``calls.Calls.about`` with evidence, ``snapshot.Connector`` in a ``Reading``, which may be held whole as a ``Snapshot``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from kc_lineage_dagster.chunks import chunks
from kc_lineage_dagster.connect.answers import Answers, one_line
from kc_lineage_dagster.connect.calls import Calls, Wants, default_wants
from kc_lineage_dagster.connect.cleaning import CleanConnector, clean
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
from kc_lineage_dagster.connect.snapshot import PROPERTIES, Connector, Snapshot, sorted_by_name
from kc_lineage_dagster.connect.substitute import ProvidedValue
from kc_lineage_dagster.errors import ConnectError
from kc_lineage_dagster.wording import encodable

__all__ = ["Earlier", "Reading", "ReadingRules", "Wants", "list_only", "read"]


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """What a recipe says about reading its cluster.

    Args:
        allowed: From a connector's name to whether it counts at all (``connector_patterns``).
        provided: What stands for ``${provider:path_key}``, put in before secrets are looked for (``provided_configs``).
        use_topics_api: Whether active topics are asked for (``use_connect_topics_api``).
        wants: From a connector's clean configuration and its kind to the answers that are asked for.
    """

    allowed: Callable[[str], bool] = lambda name: True
    provided: Sequence[ProvidedValue] = ()
    use_topics_api: bool = True
    wants: Callable[[Mapping[str, str], str], Wants] = default_wants


class Earlier(Protocol):
    """What an earlier reading of the same cluster left."""

    @property
    def password_keys(self) -> PasswordKeys:
        """Class -> keys of type PASSWORD."""

    @property
    def names(self) -> Collection[str]:
        """The connectors that were read."""

    def connectors_of(self, names: Collection[str]) -> Mapping[str, Connector]:
        """Return those of these connectors that were read, by name."""


class Reading:
    """A cluster that is being read: iterate over it once for its connectors, in the order of their names.

    Connectors come as they are read, so that nobody needs to hold a large cluster whole. ``head``, complete once the
    iteration is over, is the rest of the snapshot. What cannot be read about a connector becomes one of its notes; a
    connector that cannot be read at all, an entry of ``head.unread``.

    Raises:
        ConnectError: When the cluster cannot be listed: before the first connector.
    """

    def __init__(self, head: Snapshot, connectors: Iterator[Connector]) -> None:
        self.head = head
        self._connectors = connectors

    def __iter__(self) -> Iterator[Connector]:
        return self._connectors

    def whole(self) -> Snapshot:
        """Read to the end and return the cluster as one snapshot."""
        connectors = tuple(self)
        return replace(self.head, connectors=connectors)


def read(
    answers: Answers,
    rules: ReadingRules = ReadingRules(),
    *,
    only: Collection[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
    earlier: Earlier | None = None,
) -> Reading:
    """Read a cluster.

    Args:
        answers: A live worker (``ConnectClient``) or a saved cluster (``Saved``).
        rules: What the recipe says.
        only: Connectors whose evidence is read again, None for all. Others keep the evidence of ``earlier``; those that
            it lacks are always read.
        progress: Called with the numbers of connectors that are read and to be read.
        earlier: What the last reading left, None for the first.
    """
    listing = list_connectors(answers, rules.allowed)
    plugins = installed_plugins(answers)
    known = earlier.password_keys if earlier else {}
    definitions = ask_definitions(answers, _configs(listing), known, True, plugins.kinds)
    version, cluster = _about(answers)
    unread = _clean_reasons(listing.unread)  # grows while connectors are read
    head = replace(_head(answers, unread, plugins, definitions), version=version, kafka_cluster_id=cluster)
    asked = frozenset(listing.entries) if only is None else _asked(listing, only, earlier)
    calls = Calls(answers, rules.provided, rules.use_topics_api)

    def clean_ones() -> Iterator[CleanConnector | Connector]:
        for names in chunks(sorted(listing.entries)):
            kept = earlier.connectors_of([name for name in names if name not in asked]) if earlier else {}
            for name in names:
                one = _clean_one(name, listing.entries[name], rules.provided, definitions, unread)
                if one is not None:
                    one = _with_kind(one, plugins.kinds)
                    yield one if name in asked else _kept(one.connector, kept)

    def about(one: CleanConnector | Connector) -> Connector:
        if isinstance(one, Connector):
            return one
        return calls.about(one, rules.wants(one.connector.config, one.connector.kind))

    def connectors() -> Iterator[Connector]:
        done = 0
        for connector in concurrently(answers, about, clean_ones()):
            yield connector
            if connector.name in asked:
                done += 1
                if progress:
                    progress(done, len(asked))

    return Reading(head, connectors())


def list_only(
    answers: Answers,
    rules: ReadingRules = ReadingRules(),
    known: PasswordKeys | None = None,
) -> Snapshot:
    """Return the cluster without evidence (no topics, offsets, task configurations): what a sensor polls.

    Args:
        answers: A live worker or a saved cluster.
        rules: What the recipe says.
        known: The password keys of an earlier snapshot, None without one. Configurations are redacted as they were
            there, and only classes that it lacks are asked for.
    """
    listing = list_connectors(answers, rules.allowed)
    definitions = ask_definitions(answers, _configs(listing), known or {}, False)
    unread = _clean_reasons(listing.unread)
    head = _head(answers, unread, Installed(), definitions)
    entries = listing.entries.items()
    found = [_clean_one(name, one, rules.provided, definitions, unread) for name, one in entries]
    clean_ones = [one for one in found if one is not None]
    if any(one.connector.kind == "unknown" for one in clean_ones):
        plugins = installed_plugins(answers)
        clean_ones = [_with_kind(one, plugins.kinds) for one in clean_ones]
        head = replace(head, plugin_classes=frozenset(plugins.kinds), plugin_versions=plugins.versions)
    return replace(head, connectors=sorted_by_name(one.connector for one in clean_ones))


def _head(answers: Answers, unread: Mapping[str, str], plugins: Installed, definitions: Definitions) -> Snapshot:
    """Return a snapshot without its connectors."""
    return Snapshot(
        answers.source,
        unread=unread,
        plugin_classes=frozenset(plugins.kinds),
        plugin_versions=plugins.versions,
        password_keys=definitions.password_keys,
        unread_files=_clean_reasons(answers.unread_files),
        passed_over=_clean_reasons(answers.passed_over),
    )


def _asked(listing: Listing, only: Collection[str], earlier: Earlier | None) -> frozenset[str]:
    names = frozenset(listing.entries)
    return names & frozenset(only) | (names - frozenset(earlier.names) if earlier else frozenset())


def _configs(listing: Listing) -> Iterator[Any]:
    return (entry.info.get("config") for entry in listing.entries.values() if isinstance(entry.info, Mapping))


def _clean_reasons(reasons: Mapping[str, str]) -> dict[str, str]:
    return {encodable(name): one_line(redact_text(reason)) for name, reason in reasons.items()}


def _clean_one(
    name: str, entry: Entry, provided: Sequence[ProvidedValue], definitions: Definitions, unread: dict[str, str]
) -> CleanConnector | None:
    """Return one connector of a listing; None, and an entry of ``unread``, when it has no usable configuration."""
    try:
        return clean(name, entry, provided, definitions)
    except WrongShapeError as error:
        unread[encodable(name)] = one_line(redact_text(str(error)))
        return None


def _with_kind(one: CleanConnector, plugins: Mapping[str, str]) -> CleanConnector:
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
            *(note for note in earlier.notes if note.about != PROPERTIES),
            *(note for note in connector.notes if note.about == PROPERTIES),
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
