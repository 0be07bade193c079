"""From a connector's ``transforms.*`` keys to the chain that runs. No other module reads those keys.

Source: ``org.apache.kafka.connect.runtime.ConnectorConfig``
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace

from kc_lineage_dagster.derive.config import Config, entries, first, flag, items, part, stripped, unwatched
from kc_lineage_dagster.derive.placeholders import hidden
from kc_lineage_dagster.derive.records import ANY_TOPIC, Opaque, Record, TopicPattern
from kc_lineage_dagster.derive.transforms import (
    aiven,
    community,
    community_routers,
    confluent,
    debezium,
    kafka,
    others,
)
from kc_lineage_dagster.derive.transforms.predicates import build_predicate, guarded
from kc_lineage_dagster.derive.transforms.steps import Build, Chain, Transform, TransformOptions, keeps_topic
from kc_lineage_dagster.lineage import REDACTED, WITHHELD, Unresolved

_PUBLISHED: Mapping[str, Build] = {**community.TRANSFORMS, **community_routers.TRANSFORMS}
TRANSFORMS: Mapping[str, Build] = {
    **kafka.TRANSFORMS,
    **debezium.TRANSFORMS,
    **confluent.TRANSFORMS,
    **aiven.TRANSFORMS,
    **_PUBLISHED,
    **others.TRANSFORMS,
}
UNKNOWN_TRANSFORM = (
    "the class is not known, it may rename topics; if it does not, say keeps_topic of it in options.transforms of the "
    "recipe"
)
_GROUP, _NAMED = re.compile(r"\(\?P?<([A-Za-z]\w*)>"), re.compile(r"\$\{(\w+)\}")
MOST_TRANSFORMS = 500  # of one connector; people have a handful

# what people have published takes no short name from the transforms that come with connectors
_COUNTS = Counter(name.rpartition(".")[2] for name in TRANSFORMS if name not in _PUBLISHED)
# Kafka's own are installed everywhere, so a short name that works is theirs where others share it.
_BY_ALIAS: Mapping[str, Build] = {
    simple: build
    for name, build in TRANSFORMS.items()
    if name not in _PUBLISHED and (_COUNTS[simple := name.rpartition(".")[2]] == 1 or name in kafka.TRANSFORMS)
}


KEEPS_TOPIC, CHANGES_NOTHING = "keeps_topic", "changes_nothing"


def build_chain(
    config: Config, kind: str, vouched: Mapping[str, str] | None = None
) -> tuple[Chain, tuple[Unresolved, ...]]:
    """Return the chain of a configuration, and what was not understood of it: a transform nobody understands may do
    anything to a topic.

    A name that stands twice in ``transforms`` counts once: Connect refuses such a configuration
    (``org.apache.kafka.connect.runtime.ConnectorConfig``).

    Args:
        config: The connector's configuration.
        kind: ``source`` or ``sink``.
        vouched: Class of a transform -> ``keeps_topic`` or ``changes_nothing``, the user's word; None for no word.
    """
    transforms: list[Transform] = []
    problems: list[Unresolved] = []
    aliases = dict.fromkeys(items(config.get("transforms")))
    if len(aliases) > MOST_TRANSFORMS:
        many = Unresolved("transforms", f"more than {MOST_TRANSFORMS} of them are not looked at")
        return (_anything("chain", many.reason),), (many,)
    own = _by_alias(config, aliases)
    for alias in aliases:
        built = _build(alias, own[alias], config, kind, vouched or {})
        if isinstance(built, Unresolved):
            problems.append(built)
            built = _anything(alias, built.reason)
        transforms.append(built)
    return tuple(transforms), tuple(problems)


def _by_alias(config: Config, aliases: Collection[str]) -> Mapping[str, Config]:
    """Return the keys of each transform without ``transforms.<alias>.``, where an alias may hold dots."""
    found: dict[str, dict[str, str]] = {alias: {} for alias in aliases}
    longest = max(map(len, aliases), default=0)
    for key, value in unwatched(stripped(config, "transforms.")).items():
        end = key.find(".")
        while 0 <= end <= longest:
            if key[:end] in found:
                found[key[:end]][key[end + 1 :]] = value
            end = key.find(".", end + 1)
    return {alias: part(config, f"transforms.{alias}.", own) for alias, own in found.items()}


def _build(alias: str, own: Config, config: Config, kind: str, vouched: Mapping[str, str]) -> Transform | Unresolved:
    class_name, _, part = (first(own, "type") or "").partition("$")
    what = f"transform {alias} ({class_name or 'no type'})"
    build = TRANSFORMS.get(class_name) or _BY_ALIAS.get(class_name)
    word = vouched.get(class_name) or vouched.get(f"{class_name}${part}")
    if word is not None:
        return _with_predicate(_vouched(alias, word), own, config)
    if build is None:
        return Unresolved(what, UNKNOWN_TRANSFORM)
    built = build(TransformOptions(alias, class_name, part or None, own, kind))
    unread = entries(own, lambda _, value: _unread(value, own))
    if unread:
        key, value = next(iter(unread.items()))
        built = _of_unread(alias, built) or Unresolved(what, f"{key} {_unread(value, own)}")
    if isinstance(built, Unresolved):
        return Unresolved(what, built.reason if built.what in what else f"{built.what}: {built.reason}")
    return _with_predicate(built, own, config)


def _unread(value: str, own: Config) -> str | None:
    """Return why an option says nothing: a reference or a placeholder; ``${name}`` of an expression's group is neither,
    and what was taken for a secret names no topic.
    """
    if value in (REDACTED, WITHHELD):
        return None
    names = {name for text in unwatched(own).values() for name in _GROUP.findall(text)}
    filled = _NAMED.sub(lambda found: "" if found[1] in names else found[0], value) if names else value
    return hidden(filled)


def _of_unread(alias: str, built: Transform | Unresolved) -> Transform | None:
    """Return a transform some option of which cannot be read, where it renames no topic whatever that says."""
    keeps = isinstance(built, Transform) and built.undo is keeps_topic and not built.by_topic
    return _vouched(alias, KEEPS_TOPIC) if keeps else None


def _with_predicate(transform: Transform, own: Config, config: Config) -> Transform | Unresolved:
    name = first(own, "predicate")
    if name is None:
        return transform
    settings = stripped(config, f"predicates.{name}.")
    unread = entries(settings, lambda _, value: hidden(value))
    if not unread and not first(settings, "type"):
        return Unresolved(f"predicate {name} of transform {transform.alias}", f"predicates.{name}.type is not set")
    predicate = build_predicate("" if unread else settings.get("type", ""), settings)
    if isinstance(predicate, Unresolved):
        return Unresolved(f"predicate {name} of transform {transform.alias}", f"{predicate.what}: {predicate.reason}")
    return guarded(transform, predicate, flag(own, "negate"))


def _vouched(alias: str, word: str) -> Transform:
    """Return a transform that the user answers for; what it does to fields is not known unless it changes nothing."""
    if word == CHANGES_NOTHING:
        return Transform(alias, lambda record: (record,))
    return Transform(alias, lambda record: (replace(record, key=Opaque(), value=Opaque()),), known=False)


def _anything(alias: str, reason: str) -> Transform:
    """Return a transform nobody knows: most leave the topic alone, any may change it."""
    doubt = f"transform {alias}: {reason}"
    anywhere = TopicPattern(ANY_TOPIC, f"(whatever transform {alias} makes)")

    def step(record: Record) -> tuple[Record, ...]:
        anything = replace(record, key=Opaque(), value=Opaque()).doubt(doubt)
        return anything, anything.to(anywhere)

    return Transform(alias, step, undo=lambda topic: None, known=False)
