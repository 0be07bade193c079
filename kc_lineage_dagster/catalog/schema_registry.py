"""Schema registries as a catalog: the columns of topics, and which table a change event comes from.

Any registry with Confluent's API will do: Confluent's, Apicurio's (``/apis/ccompat/v7``), Karapace, Redpanda's. Source:
https://docs.confluent.io/platform/current/schema-registry/develop/api.html. Subjects are asked for by name, never by
list: a list may be cut in silence (Apicurio's ends at 1,000), and with access rules it holds only what may be read.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from kc_lineage_dagster.catalog.holdings import Holdings, Platform, Schema
from kc_lineage_dagster.catalog.json_api import Access, Away, JsonApi
from kc_lineage_dagster.catalog.questions import Questions
from kc_lineage_dagster.catalog.registry_schemas import Subject, read_schema
from kc_lineage_dagster.lineage import KAFKA

_MOST_REFERENCES = 50
_MOST_VERSIONS = 50  # of a subject, the latest ones
_AT_ONCE = 8
_APICURIO = re.compile(r"/apis/registry/v\d+/?$")
# Converters that keep schemas in a registry: Confluent's and Apicurio's
_REGISTERING = re.compile(
    r"io\.confluent\.connect\.(?:avro|json|protobuf)\.|io\.apicurio\.registry\.utils\.converter\.|"
    r"io\.confluent\.kafka\.schemaregistry\."
)
# what a record's name cannot hold becomes an underscore
_NOT_AVRO = re.compile(r"[^A-Za-z0-9_.]")
_BY_TOPIC, _BY_TOPIC_ALONE, _BY_RECORD, _BY_BOTH = "topic", "topic alone", "record", "topic and record"
# The last part of a strategy's class name, Confluent's and Apicurio's
_STRATEGIES = {
    "TopicNameStrategy": _BY_TOPIC,
    "RecordNameStrategy": _BY_RECORD,
    "TopicRecordNameStrategy": _BY_BOTH,
    "TopicIdStrategy": _BY_TOPIC,
    "SimpleTopicIdStrategy": _BY_TOPIC_ALONE,
    "RecordIdStrategy": _BY_RECORD,
    "QualifiedRecordIdStrategy": _BY_RECORD,
    "TopicRecordIdStrategy": _BY_BOTH,
}
_STRATEGY_KEYS = (
    "{part}.converter.{part}.subject.name.strategy",
    "{part}.converter.apicurio.registry.artifact-resolver-strategy",
)
_URL_KEYS = ("{part}.converter.schema.registry.url", "{part}.converter.apicurio.registry.url")


@dataclass(frozen=True, slots=True)
class Registration:
    """Where the schema of a topic's keys or values is registered.

    ``url``: the registry's address, without credentials. ``naming``: how subjects are named (``_STRATEGIES``).
    """

    url: str
    naming: str


def registration_of(config: Mapping[str, str], part: str, default: str | None) -> Registration | None:
    """Return where a connector's converter registers the schemas of keys or of values; None when it registers none.

    Args:
        config: The connector's configuration.
        part: ``key`` or ``value``.
        default: The recipe's registry, where the converter, or the worker's own, names none that can be read.
    """
    converter = (config.get(f"{part}.converter") or "").strip()
    if converter and not _REGISTERING.match(converter):
        return None
    texts = (config.get(key.format(part=part)) or "" for key in _URL_KEYS)
    url = next((found for text in texts if (found := _address(text))), default)
    names = (config.get(key.format(part=part)) or "" for key in _STRATEGY_KEYS)
    strategy = next((name.strip().rpartition(".")[2] for name in names if name.strip()), "TopicNameStrategy")
    naming = _STRATEGIES.get(strategy)
    return Registration(url, naming) if url and naming else None


def _address(text: str) -> str | None:
    """Return the first address of a list, without credentials; None where there is none. For the address of Apicurio's
    own API it is that of Confluent's beside it.
    """
    first = text.split(",")[0].strip()
    parts = urlsplit(first)
    if parts.scheme not in ("http", "https") or not parts.hostname or "$" in first:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    netloc = f"{host}:{parts.port}" if parts.port else host
    return f"{parts.scheme}://{netloc}{_APICURIO.sub('/apis/ccompat/v7', parts.path)}".rstrip("/")


def subjects_of(registration: Registration, topic: str, part: str) -> tuple[str, ...]:
    """Return the subjects that may hold the schema of a topic's keys or values, the likeliest first.

    Strategies by record need the record's name, which only the record tells; the names that Debezium gives are tried.

    Args:
        registration: Where the schema is registered.
        topic: The topic's name.
        part: ``key`` or ``value``.
    """
    if registration.naming == _BY_TOPIC:
        return (f"{topic}-{part}",)
    if registration.naming == _BY_TOPIC_ALONE:
        return (topic,)
    records = (f"{topic}.Key",) if part == "key" else (f"{topic}.Envelope", f"{topic}.Value")
    return records if registration.naming == _BY_RECORD else tuple(f"{topic}-{record}" for record in records)


@dataclass(slots=True)
class SchemaRegistries:
    """The schema registries of a cluster as a provider (``questions.Provider``): those of converters, and the recipe's.

    Args:
        configs: Configurations by connector.
        access: From a registry's address to how the registry is reached.
        default: The recipe's registry, None where it names none.
        full_name: From connector and topic to the name of the topic's dataset, with its platform instance.
        seconds: How long one registry may take in one run, all requests together.
        clock: Seconds that never go backwards; given by tests only.
    """

    configs: Mapping[str, Mapping[str, str]]
    access: Callable[[str], Access]
    default: str | None
    full_name: Callable[[str, str], str]
    seconds: float = 120.0
    clock: Callable[[], float] = time.monotonic
    _apis: dict[str, JsonApi] = field(default_factory=dict, init=False)
    _problems: dict[str, str] = field(default_factory=dict, init=False)  # the first of each registry

    @property
    def scope(self) -> str:
        """See ``Provider``."""
        return f"schema registries, {self.access(self.default).shown if self.default else 'of converters'}"

    def answer(self, questions: Questions) -> Holdings:
        """Return the schemas of the topics that are in question."""
        wanted: dict[tuple[str, str, str], list[Registration]] = {}
        for connector, topic in sorted(questions.topics):
            for part in ("value", "key"):
                registration = registration_of(self.configs.get(connector, {}), part, self.default)
                if registration is not None:
                    wanted.setdefault((self.full_name(connector, topic), topic, part), []).append(registration)
        found: defaultdict[str, Schema] = defaultdict(Schema)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            tasks = {key: tuple(dict.fromkeys(registrations)) for key, registrations in wanted.items()}
            for (name, _, _), schema in zip(tasks, pool.map(self._schema, tasks.items()), strict=True):
                found[name] = found[name].or_else(schema)
        notes = tuple(self._notes())
        known = {name: schema for name, schema in found.items() if schema != Schema()}
        return Holdings({KAFKA: Platform(known)} if known else {}, notes=notes)

    def _schema(self, task: tuple[tuple[str, str, str], tuple[Registration, ...]]) -> Schema:
        """Return what is registered of a topic's keys or values.

        ``task``: (dataset, topic, part), and where schemas of it may be registered.
        """
        (_, topic, part), registrations = task
        for registration in registrations:
            api = self._api(registration.url)
            for subject in subjects_of(registration, topic, part):
                try:
                    found = self._version(api, subject, "latest")
                except Away:
                    return Schema()
                if found is not None and part == "key":
                    return Schema(key_fields=found.fields)
                if found is not None:
                    older = self._older_names(api, subject) if _of_another_topic(found.name, topic) else ()
                    names = dict.fromkeys(name for name in (found.name, *older) if name)
                    return Schema(fields=found.fields or None, value_names=tuple(names))
        return Schema()

    def _older_names(self, api: JsonApi, subject: str) -> Iterator[str | None]:
        """Yield the names of the records of a subject's older versions, the latest first: tables may share a topic."""
        try:
            numbers = api.get(f"/subjects/{quote(subject, safe='')}/versions")
            whole = [one for one in numbers if isinstance(one, int)] if isinstance(numbers, list) else []
            for number in sorted(whole, reverse=True)[1:_MOST_VERSIONS]:
                found = self._version(api, subject, str(number))
                yield found.name if found else None
        except Away:
            return

    def _api(self, url: str) -> JsonApi:
        if url not in self._apis:
            self._apis.setdefault(url, JsonApi(self.access(url), self.seconds, clock=self.clock))
        return self._apis[url]

    def _version(self, api: JsonApi, subject: str, version: str) -> Subject | None:
        answer = api.get(f"/subjects/{quote(subject, safe='')}/versions/{version}")
        if not isinstance(answer, Mapping) or not isinstance(answer.get("schema"), str):
            return None
        references = dict(self._references(api, answer, set()))
        return read_schema(str(answer.get("schemaType") or "AVRO"), answer["schema"], references)

    def _references(
        self, api: JsonApi, answer: Mapping[str, Any], seen: set[tuple[str, str]]
    ) -> Iterator[tuple[str, str]]:
        """Yield (name, text) of the schemas that a schema names, and of those that they name."""
        given = answer.get("references")
        for one in given if isinstance(given, list) else ():
            if not isinstance(one, Mapping):
                continue
            version = (str(one.get("subject")), str(one.get("version")))
            if version in seen or len(seen) >= _MOST_REFERENCES:
                continue
            seen.add(version)
            found = api.get("/subjects/{}/versions/{}".format(*(quote(part, safe="") for part in version)))
            if isinstance(found, Mapping) and isinstance(found.get("schema"), str):
                yield str(one.get("name")), found["schema"]
                yield from self._references(api, found, seen)

    def _notes(self) -> Iterator[str]:
        for url, api in self._apis.items():
            if api.problem:
                problem = self._problems.setdefault(url, api.problem)
                yield f"schema registry ({api.access.shown}): {problem}; what only it knows stays open"


def _of_another_topic(name: str | None, topic: str) -> bool:
    """Tell whether a record is named, as Debezium names records, after another topic than the one that holds it.

    Then transforms have renamed the topic, and may have given other topics the same name.
    """
    own, _, kind = (name or "").rpartition(".")
    return kind in ("Envelope", "Value") and _NOT_AVRO.sub("_", own) != _NOT_AVRO.sub("_", topic)


def access_for(default: Access | None) -> Callable[[str], Access]:
    """Return the function from a registry's address to how the registry is reached.

    The recipe's credentials go to the recipe's own registry (the same scheme, host and port), and to no other.
    ``default``: the recipe's registry, None where it names none.
    """

    def access(url: str) -> Access:
        same = default is not None and urlsplit(default.url)[:2] == urlsplit(url)[:2]
        return _at(default, url) if same and default is not None else Access(url)

    return access


def _at(access: Access, url: str) -> Access:
    return Access(url, access.headers, access.username, access.password, access.verify, access.client_cert)
