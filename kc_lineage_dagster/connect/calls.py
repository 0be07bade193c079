"""Ask the worker for evidence about single connectors: active topics, committed offsets, task configurations.

Every call is a request per connector, so each is made only where lineage can use the answer (``default_wants``), and no
more once the worker has shown that it does not offer it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from kc_lineage_dagster.connect.answers import PLAIN_NAME, Answers, NotSaved, connector_path, is_gone, one_line
from kc_lineage_dagster.connect.cleaning import CleanConnector
from kc_lineage_dagster.connect.parse import WrongShapeError, offsets_of, task_configs_of, topics_of
from kc_lineage_dagster.connect.secrets.redact import redact_json, redact_text
from kc_lineage_dagster.connect.snapshot import EVIDENCE, OFFSETS, TASKS, TOPICS, Connector, Note
from kc_lineage_dagster.connect.substitute import ProvidedValue, substitute
from kc_lineage_dagster.errors import ConnectError, ConnectNotFound, ConnectRefused, ConnectUnaddressable

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Reply(Generic[_T]):
    """What came of one call about a connector.

    Args:
        answer: None where there is none.
        note: Why there is no answer, for people; None where the worker gave one, or a saved cluster does not hold it.
        addressable: Whether the worker's paths can carry the connector's name; if not, no other call gets further.
        gone: Whether the worker says that it has no such connector: the connector was deleted since the listing.
    """

    answer: _T | None = None
    note: Note | None = None
    addressable: bool = True
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Wants:
    """Which answers about one connector lineage can use.

    Args:
        topics: Active topics, ``GET /connectors/{name}/topics``.
        offsets: Committed offsets, ``GET /connectors/{name}/offsets``.
        tasks: Task configurations, ``GET /connectors/{name}/tasks``.
    """

    topics: bool = True
    offsets: bool = False
    tasks: bool = False


# Simple class names of sources whose offsets or task configurations name tables, topics or files.
_TELLING_SOURCES = ("jdbc", "mirror", "filestream", "replicator", "spooldir", "filepulse")
# Confluent Cloud's names of its JDBC sources (docs.confluent.io/cloud/current/connectors, Manage Offsets)
_TELLING_MANAGED = frozenset(
    ("postgressource", "mysqlsource", "oracledatabasesource", "microsoftsqlserversource", "ibmdb2source")
)
# Keys that begin all topics of a source: the offsets of Debezium's connectors name them where they are references.
_PREFIXES = ("topic.prefix", "database.server.name")

_NOT_OFFERED = {
    TOPICS: "this worker does not offer active topics (topic.tracking.enable)",
    OFFSETS: "this worker does not offer them (Kafka 3.6 and later do)",
    TASKS: "this worker does not offer them",
}
# The worker's own words are all that tells these apart (Kafka 3.9): 403 "Topic tracking is disabled.", and others.
_SWITCHED_OFF = re.compile(r"(?i)disabled|not enabled|switched off")
# Kafka 4.3: 400 "Ambiguous URI path separator" (Jetty 12) for /, and as much for %, \, . and .. (measured)
_NOT_ADDRESSABLE = Note(
    EVIDENCE,
    "the worker answers 400 to every path with this name (Kafka 4 does where a name holds / % or \\, or is . or ..), so"
    " only its listing was read; a connector of another name would tell its active topics too",
)
_NAMELESS = Note(EVIDENCE, "the API cannot address a connector with an empty name")


def default_wants(config: Mapping[str, str], kind: str) -> Wants:
    """Return topics for all, offsets for sinks, offsets and task configurations for sources that put names there.

    A sink whose tasks all run is not asked for offsets: its active topics say as much.
    """
    simple = config.get("connector.class", "").rpartition(".")[2].lower()
    telling = any(part in simple for part in _TELLING_SOURCES) or simple in _TELLING_MANAGED
    hidden = any("${" in config.get(key, "") for key in _PREFIXES)
    return Wants(topics=True, offsets=kind != "source" or telling or hidden, tasks=kind != "sink" and telling)


def _all_running(connector: Connector) -> bool:
    """Tell whether active topics can be believed: a failed task may have polled topics that it never committed."""
    return connector.state == "RUNNING" and all(task.state == "RUNNING" for task in connector.tasks)


class Calls:
    """Asks about connectors, from several threads, and remembers what the worker does not offer."""

    def __init__(self, answers: Answers, provided: Sequence[ProvidedValue], use_topics_api: bool) -> None:
        """Prepare for requests; none is made yet.

        Args:
            answers: A live worker or a saved cluster.
            provided: What stands for ``${provider:path_key}`` in task configurations.
            use_topics_api: Whether active topics are asked for at all (``use_connect_topics_api``).
        """
        self._answers, self._provided = answers, provided
        self._use_topics_api = use_topics_api
        self._answered: set[str] = set()
        self._off: set[str] = set()

    def about(self, one: CleanConnector, wants: Wants) -> Connector:
        """Return the connector with the evidence that ``wants`` names; what failed is among its notes."""
        connector, notes = one.connector, list(one.connector.notes)
        if not connector.name:
            return replace(connector, notes=(*notes, _NAMELESS))

        def task_config(config: dict[str, str]) -> dict[str, str]:
            return one.clean_config(substitute(config, self._provided))

        addressable, gone = True, False

        def ask(what: str, wanted: bool, read: Callable[[Any], _T]) -> _T | None:
            nonlocal addressable, gone
            if not wanted or not addressable:
                return None
            reply = self._ask(connector.name, what, read)
            addressable, gone = reply.addressable, gone or reply.gone
            if not addressable:
                notes.append(_NOT_ADDRESSABLE)
            elif reply.note:
                notes.append(replace(reply.note, text=one_line(redact_text(reply.note.text, one.secrets))))
            return reply.answer

        topics = ask(TOPICS, wants.topics and self._use_topics_api, lambda body: topics_of(body, connector.name))
        settled = bool(topics) and connector.kind == "sink" and _all_running(connector)
        offsets = ask(OFFSETS, wants.offsets and not settled, lambda body: offsets_of(body, redact_json))
        tasks = ask(TASKS, wants.tasks, task_configs_of)
        return replace(
            connector,
            topics=None if gone else topics,  # the worker answers an empty list for a connector that is gone
            offsets=offsets or (),
            task_configs=tuple(task_config(config) for config in tasks or ()),
            notes=tuple(notes),
        )

    def _ask(self, name: str, what: str, read: Callable[[Any], _T]) -> _Reply[_T]:
        """Call ``/connectors/{name}/{what}``, unless the worker does not offer it. ``read``: parses the answer."""
        not_offered = Note(what, _NOT_OFFERED[what], failed=False)
        if what in self._off:
            return _Reply(note=not_offered)
        try:
            answer = read(self._answers.get(connector_path(name, f"/{what}")))
        except NotSaved:
            return _Reply()
        except (ConnectNotFound, ConnectRefused) as error:
            if self._is_off(name, what, error):
                self._off.add(what)
                return _Reply(note=not_offered)
            return _Reply(note=Note(what, str(error)), gone=is_gone(error))
        except ConnectUnaddressable:
            return _Reply(addressable=False)
        except (ConnectError, WrongShapeError) as error:
            return _Reply(note=Note(what, str(error)))
        self._answered.add(what)
        return _Reply(answer)

    def _is_off(self, name: str, what: str, error: ConnectError) -> bool:
        """Tell whether a refusal speaks of the worker; one about an odd name that a proxy rejects does not."""
        if what in self._answered:
            return False
        if isinstance(error, ConnectRefused):
            return bool(_SWITCHED_OFF.search(error.said))
        return not is_gone(error) and bool(PLAIN_NAME.fullmatch(name))
