"""A cluster's answers to a snapshot: one listing, then per connector only what evidence needs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from kc_lineage_dagster.connect.answers import Answers, one_line
from kc_lineage_dagster.connect.calls import Calls, Wants, default_wants
from kc_lineage_dagster.connect.listed import Listed, listed
from kc_lineage_dagster.connect.listing import Listing, concurrently, list_connectors
from kc_lineage_dagster.connect.parse import WrongShapeError, text_of
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

__all__ = ["Wants", "default_wants", "fetch", "list_only"]


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
    """Read a cluster, live (``ConnectClient``) or saved (``Saved``).

    ``allowed``: which names are listed at all (``connector_patterns``). ``only``: whose evidence is asked for, None for
    all; the others keep that of ``previous``, and who has none there is asked too. ``wants``: from redacted
    configuration and kind to what is asked. ``provided``: substituted before redaction. ``progress``: called with
    (done, total) connectors asked.

    What cannot be read about a connector becomes one of its notes; a connector that cannot be read at all, an entry of
    ``unread``. Raises ConnectError, in one line, when the cluster cannot be listed.
    """
    known = previous.password_keys if previous else {}
    snapshot, read = _listed(answers, allowed, provided, known, again=True)
    before = {one.name: one for one in previous.connectors} if previous else {}
    needed = _needed(read, only, previous)
    asked = [one for one in read if one.connector.name in needed]
    kept = [_kept(one.connector, before) for one in read if one.connector.name not in needed]
    calls, found = Calls(answers, provided, use_topics_api), []
    work = concurrently(answers, lambda one: calls.about(one, wants(one.connector.config, one.connector.kind)), asked)
    for done, connector in enumerate(work, start=1):
        found.append(connector)
        if progress:
            progress(done, len(asked))
    version, cluster = _about(answers)
    return replace(snapshot, version=version, kafka_cluster_id=cluster, connectors=by_name([*found, *kept]))


def _needed(read: Sequence[Listed], only: Collection[str] | None, previous: Snapshot | None) -> frozenset[str]:
    names = frozenset(one.connector.name for one in read)
    if only is None:
        return names
    new = names - {one.name for one in previous.connectors} if previous else frozenset()
    return names & frozenset(only) | new


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
    snapshot, read = _listed(answers, allowed, provided, known, again=False)
    return replace(snapshot, connectors=by_name(one.connector for one in read))


def _listed(
    answers: Answers,
    allowed: Callable[[str], bool] | None,
    provided: Sequence[ProvidedConfig],
    known: PasswordKeys,
    again: bool,
) -> tuple[Snapshot, list[Listed]]:
    listing = list_connectors(answers, allowed or (lambda name: True))
    configs = [entry.info.get("config") for entry in listing.entries.values() if isinstance(entry.info, Mapping)]
    plugins = installed_plugins(answers) if again else None
    definitions = ask_definitions(answers, configs, known, again, plugins.kinds if plugins else ())
    read, unread = _read(listing, provided, definitions)
    if any(one.connector.kind == "unknown" for one in read):
        plugins = installed_plugins(answers) if plugins is None else plugins
        read = [_with_kind(one, plugins.kinds) for one in read]
    plugins = plugins or Installed()
    snapshot = Snapshot(
        answers.source,
        unread=unread,
        unread_files=_clean(answers.unread_files),
        passed_over=_clean(answers.passed_over),
        plugin_classes=frozenset(plugins.kinds),
        plugin_versions=plugins.versions,
        password_keys=definitions.password_keys,
    )
    return snapshot, read


def _read(
    listing: Listing, provided: Sequence[ProvidedConfig], definitions: Definitions
) -> tuple[list[Listed], dict[str, str]]:
    read: list[Listed] = []
    unread = _clean(listing.unread)
    for name, entry in listing.entries.items():
        try:
            read.append(listed(name, entry, provided, definitions))
        except WrongShapeError as error:
            unread[text_of(name)] = one_line(redact_text(str(error)))
    return read, unread


def _clean(reasons: Mapping[str, str]) -> dict[str, str]:
    return {text_of(name): one_line(redact_text(reason)) for name, reason in reasons.items()}


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
        one_line(text_of(version), 80) if isinstance(version, str) else None,
        one_line(text_of(cluster), 80) if isinstance(cluster, str) else None,
    )
