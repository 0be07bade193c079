"""Ask the worker once more before anything is removed: a listing can be partial, or that of another cluster."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum, auto

from kc_lineage_dagster.connect.answers import NAMES, PLAIN_NAME, Answers, NotSaved, connector_path, is_gone
from kc_lineage_dagster.connect.listing import concurrently
from kc_lineage_dagster.errors import ConnectError, ConnectNotFound, ConnectRefused, ConnectUnaddressable
from kc_lineage_dagster.run.cluster import Cluster

# Kafka 3.9 and later (KIP-1017): "healthy", "unhealthy", or "starting" while the config topic has not been read.
_HEALTH = "/health"
_NOBODYS = "kc-lineage-asks-for-a-connector-that-nobody-has"


class _Unclear(Enum):
    """A 404 that may be somebody else's than the worker's."""

    OTHER_WORDS = auto()  # in words that are not Kafka Connect's
    PAGE = auto()  # without words, such as a gateway's page


def doubted(cluster: Cluster, names: Collection[str], listed: Collection[str]) -> dict[str, str]:
    """Return those of ``names``, which the listing lacks, that may exist all the same, with why.

    A connector that ``connector_patterns`` exclude is gone by the recipe's word. Of every other one the worker must say
    that it does not know the connector (404), and the worker must have read its config topic. The 404 of a gateway that
    has lost its worker says nothing. So a connector that is listed must be found by the same kind of path, unless the
    404 is in the worker's own words; and a page counts only where a connector that nobody has gets one too, because a
    proxy puts its page in the place of the worker's words.

    Args:
        cluster: The cluster, whose worker is asked.
        names: Connectors that an earlier listing had.
        listed: Connectors that this listing has.
    """
    allowed = cluster.allowed()
    asked = sorted(name for name in names if allowed(name))
    if not asked:
        return {}
    try:
        with cluster.answers() as answers:
            starting = _starting(answers)
            if starting:
                return dict.fromkeys(asked, starting)
            said = list(concurrently(answers, lambda name: _still_there(answers, name), asked))
            meant = _meant(answers, listed, {why for why in said if isinstance(why, _Unclear)})
    except ConnectError as error:
        return dict.fromkeys(asked, f"it could not be asked for once more: {error}")
    found = {name: meant[why] if isinstance(why, _Unclear) else why for name, why in zip(asked, said, strict=True)}
    return {name: why for name, why in found.items() if why}


def another_cluster(known: str | None, now: str | None) -> str | None:
    """Return why nothing may be removed when the worker belongs to another Kafka cluster than before; None otherwise.

    ``known``: the ``kafka_cluster_id`` of the last run that could remove.
    ``now``: that of the last reading. Both are None where the worker did not tell.

    >>> another_cluster("N1", "N1"), another_cluster("N1", None)
    (None, None)
    """
    if known is None or now is None or known == now:
        return None
    return (
        f"the worker belongs to another Kafka cluster now (id {now}, before: {known}): nothing is removed;"
        " if that is meant, run once with the run config `allow_removal: true`"
    )


def _starting(answers: Answers) -> str | None:
    """Return why the worker's answers decide nothing yet; None when it is healthy, or cannot tell."""
    try:
        body = answers.get(_HEALTH)
    except (ConnectNotFound, ConnectRefused):
        return None  # before Kafka 3.9, a saved cluster, or a gateway that lets only connectors be asked for
    except ConnectError as error:
        return f"the worker is not healthy: {error}"
    status = body.get("status") if isinstance(body, Mapping) else None
    return f"the worker is {status}" if status in ("starting", "unhealthy") else None


def _still_there(answers: Answers, name: str) -> str | _Unclear | None:
    """Return why a connector may exist although the listing lacks it; None when the worker says that it has none."""
    if not name:
        return None  # no path of the worker leads to the empty name, so nobody can ask
    try:
        answers.get(connector_path(name))
    except NotSaved:
        return None
    except ConnectNotFound as error:
        if is_gone(error):
            return None
        return _Unclear.OTHER_WORDS if error.said else _Unclear.PAGE
    except ConnectUnaddressable:
        return _named(answers, name)
    except ConnectError as error:
        return f"it could not be asked for once more: {error}"
    return "the listing lacks it, but the worker has it (GET /connectors/NAME)"


def _meant(answers: Answers, listed: Collection[str], met: Collection[_Unclear]) -> dict[_Unclear, str | None]:
    """Return why unclear answers decide nothing, None for those that are the worker's word.

    Args:
        answers: The worker, which is asked what tells.
        listed: Connectors that this listing has.
        met: The unclear answers that were given.
    """
    lost = _finds_nothing(answers, listed) if met else None
    page = lost or (_has_words(answers) if _Unclear.PAGE in met else None)
    return {_Unclear.OTHER_WORDS: lost, _Unclear.PAGE: page}


def _finds_nothing(answers: Answers, listed: Collection[str]) -> str | None:
    """Return why a 404 decides nothing: a connector of the listing gets it too. None when that connector is found."""
    known = min((name for name in listed if PLAIN_NAME.fullmatch(name)), default=None)
    if known is None:
        return "the worker, or what stands before it, answers 404, and no connector is listed to try the same path with"
    try:
        answers.get(connector_path(known))
    except NotSaved:
        return None  # a saved cluster holds its listing, and answers to few other paths
    except ConnectNotFound:
        return f"the worker, or what stands before it, answers 404 for {known!r} too, which it lists"
    return None


def _has_words(answers: Answers) -> str | None:
    """Return why a 404 without words decides nothing: the worker's own words come through. None when they do not."""
    try:
        answers.get(connector_path(_NOBODYS))
    except NotSaved:
        return None
    except ConnectNotFound as error:
        if not error.said:
            return None
    return "a page says 404, perhaps of a gateway that has lost its worker, which answers other names in its own words"


def _named(answers: Answers, name: str) -> str | None:
    """Return the same by the names of all connectors, for a name that no path of this worker can carry."""
    try:
        names = answers.get(NAMES)
    except ConnectError as error:
        return f"it could not be asked for once more: {error}"
    if not isinstance(names, list):
        return "it could not be asked for once more: the worker gives no list of names"
    return "the listing lacks it, but the worker names it (GET /connectors)" if name in names else None
