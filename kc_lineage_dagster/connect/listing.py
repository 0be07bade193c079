"""List a cluster's connectors with configuration and status: by one expanded listing, or one by one on old workers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from kc_lineage_dagster.connect.answers import (
    EXPANDED,
    EXPANDED_BY_COMMA,
    NAMES,
    Answers,
    NotSaved,
    RepeatedKeys,
    connector_path,
)
from kc_lineage_dagster.connect.large_object import LargeObject
from kc_lineage_dagster.connect.parse import kind_of
from kc_lineage_dagster.connect.snapshot import STATUS, Note
from kc_lineage_dagster.errors import ConnectError, ConnectNotFound, ConnectUnavailable
from kc_lineage_dagster.wording import encodable

_NO_WORKER = "; does connect_uri name a Connect worker, or its saved answers?"
_AHEAD = 4  # items per thread that wait for it
_A = TypeVar("_A")
_B = TypeVar("_B")


@dataclass(frozen=True, slots=True)
class Entry:
    """One connector as Connect lists it, in whatever shape that is.

    Args:
        info: The answer of ``/connectors/{name}``.
        status: The answer of ``/connectors/{name}/status``, None where there is none.
        notes: What could not be read.
    """

    info: Any
    status: Any = None
    notes: tuple[Note, ...] = ()


class _Entries(Mapping[str, Entry]):
    """Connectors by name. Those of an expanded listing are made when somebody looks at them."""

    def __init__(self, listed: Mapping[str, Any], names: Iterable[str], others: Mapping[str, Entry]) -> None:
        """Take the expanded listing, the names in it that count, and the connectors that were asked for one by one."""
        self._listed, self._others = listed, others
        self._names = dict.fromkeys([*names, *others])

    def __getitem__(self, name: str) -> Entry:
        if name not in self._names:
            raise KeyError(name)
        return self._others[name] if name in self._others else _entry(self._listed[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@dataclass(frozen=True, slots=True)
class Listing:
    """A cluster's connectors.

    Args:
        entries: Name -> connector; a look may parse it anew.
        unread: Name -> why a connector that is there cannot be read.
    """

    entries: Mapping[str, Entry]
    unread: Mapping[str, str] = field(default_factory=dict)


def list_connectors(answers: Answers, selected: Callable[[str], bool]) -> Listing:
    """Return every connector whose name is ``selected``.

    A worker leaves a connector without a status (one just created) out of the expanded listing, so the plain list of
    names is asked for too.

    Raises:
        ConnectError: When the cluster cannot be listed.
    """
    body = answers.get(EXPANDED)
    if isinstance(body, list):  # a worker before 2.3 does not know ``expand``
        return _one_by_one(answers, _names(body, answers), selected)
    listed = _expanded(body, answers)
    repeated = body.repeated if isinstance(body, (RepeatedKeys, LargeObject)) else frozenset()
    names = [name for name in listed if selected(name) and name not in repeated]
    lacking = {name for name in names if _entry(listed[name]).info is None}
    rest = _one_by_one(answers, [*_unlisted(answers, listed), *sorted(lacking)], selected)
    if not rest.entries:
        _refuse_other_objects(listed, answers)
    twice = {name: "the listing names it more than once" for name in repeated if selected(name)}
    given = {name: reason for name, reason in answers.unread.items() if selected(name)}
    whole = [name for name in names if name not in lacking]
    return Listing(_Entries(listed, whole, rest.entries), {**rest.unread, **twice, **given})


def concurrently(answers: Answers, work: Callable[[_A], _B], items: Iterable[_A]) -> Iterable[_B]:
    """Apply ``work`` to every item on a bounded number of threads; results come in the order of the items.

    Items are taken a little ahead of the results, so that neither need to be held whole. Where one request may be under
    way at a time, as for a saved cluster, nobody waits for another, and no thread is started.

    Args:
        answers: Says how many requests may be under way at once (``concurrency``).
        work: Called with each item, on any of the threads.
        items: What to work on.
    """
    if answers.concurrency <= 1:
        yield from map(work, items)
        return
    threads = answers.concurrency
    under_way: deque[Future[_B]] = deque()
    with ThreadPoolExecutor(max_workers=threads, thread_name_prefix="connect") as pool:
        try:
            for item in items:
                under_way.append(pool.submit(work, item))
                if len(under_way) > _AHEAD * threads:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _expanded(body: Any, answers: Answers) -> Mapping[str, Any]:
    listed = _listing_object(body, answers)
    if listed and not any(_has(value, "info") and _has(value, "status") for value in listed.values()):
        try:
            other = answers.get(EXPANDED_BY_COMMA)
        except ConnectError:
            return listed
        if isinstance(other, Mapping) and any(_has(value, "info") for value in other.values()):
            return _listing_object(other, answers)
    return listed


def _listing_object(body: Any, answers: Answers) -> Mapping[str, Any]:
    if not isinstance(body, Mapping):
        raise ConnectUnavailable(
            f"answered {kind_of(body)} instead of a list of connectors{_NO_WORKER}", answers.source
        )
    if "error_code" in body and not isinstance(body["error_code"], Mapping):
        raise ConnectUnavailable(f"answered an error instead of a list of connectors{_NO_WORKER}", answers.source)
    return body


def _refuse_other_objects(listed: Mapping[str, Any], answers: Answers) -> None:
    """Refuse a listing of which no member describes a connector; an empty one is that of a worker without connectors.

    Raises:
        ConnectUnavailable: For such a listing.
    """
    if listed and not any(isinstance(value, Mapping) for value in listed.values()):
        raise ConnectUnavailable(f"answered an object that describes no connector{_NO_WORKER}", answers.source)


def _has(value: Any, member: str) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get(member), Mapping)


def _entry(value: Any) -> Entry:
    return Entry(value.get("info"), value.get("status")) if isinstance(value, Mapping) else Entry(None)


def _unlisted(answers: Answers, listed: Mapping[str, Any]) -> list[str]:
    try:
        names = _names(answers.get(NAMES), answers)
    except NotSaved:
        return []
    return [name for name in names if name not in listed]


def _names(body: Any, answers: Answers) -> list[str]:
    if isinstance(body, Mapping):  # some proxies always expand
        listed = _listing_object(body, answers)
        _refuse_other_objects(listed, answers)
        return list(listed)
    if not isinstance(body, list) or not all(isinstance(name, str) for name in body):
        reason = f"answered {kind_of(body)} instead of a list of connector names{_NO_WORKER}"
        raise ConnectUnavailable(reason, answers.source)
    return list(dict.fromkeys(body))


def _one_by_one(answers: Answers, names: Iterable[str], selected: Callable[[str], bool]) -> Listing:
    wanted = [name for name in names if selected(name)]
    found = list(concurrently(answers, lambda name: _detail(answers, name), wanted))
    read = {name: entry for name, entry in zip(wanted, found, strict=True) if isinstance(entry, Entry)}
    return Listing(read, {name: why for name, why in zip(wanted, found, strict=True) if isinstance(why, str)})


def _detail(answers: Answers, name: str) -> Entry | str:
    """Ask for one connector; a string says why it could not be read."""
    if not name or encodable(name) != name:
        return "Connect's API cannot address a connector of this name"
    try:
        info = answers.get(connector_path(name))
    except NotSaved:
        return "the saved cluster has no configuration of it"
    except ConnectNotFound:
        return "it was listed, and not found when it was read: deleted, or not yet there"
    except ConnectError as error:
        return str(error)
    try:
        return Entry(info, answers.get(connector_path(name, "/status")))
    except NotSaved:
        return Entry(info)
    except ConnectNotFound:
        return Entry(info, None, (Note(STATUS, "the worker has none yet"),))
    except ConnectError as error:
        return Entry(info, None, (Note(STATUS, str(error)),))
