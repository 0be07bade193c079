"""A cluster with secrets planted wherever a configuration can hold one, all with a core that is easy to search for."""

from __future__ import annotations

import base64
import html
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from kc_lineage_dagster.connect.answers import PLUGINS, connector_path, segment
from kc_lineage_dagster.derive.registry import registry
from tests.connect.stand_in import EXPANDED, worker
from tests.connect.test_planted_secrets import DECLARED, PLANTS
from tests.connect.test_redact import SECRET_KEYS
from tests.examples import Example, read_examples

CORE = "Zq7vXkW"  # once before and once behind what makes a secret unique, so that a torn one shows too
MARKER = "kx9plain"  # no secret: it must come out everywhere, or the search is blind
FAMILIES = Path(__file__).resolve().parents[1] / "families"
TRANSFORM, CONVERTER = "com.example.Cipher$Value", "com.example.OwnConverter"
AROUND = ("", "", "!", "$%&", "*+", ".~#", "?/", "\\", "()", "<b>", "[x]", "é", "a b", "=", "@", "'")

# Keys below which Connect passes settings on to clients, converters, transforms.
BELOW = (
    *("", "", "", "producer.override.", "consumer.override.", "admin.override.", "transforms.cipher.", "predicates.p."),
    *("key.converter.", "value.converter.", "schema.history.internal.producer.", "confluent.topic.", "kafka."),
)
# What shows by its shape alone, under any key.
SHAPED: tuple[Callable[[str], str], ...] = (
    lambda one: f"AKIA{one.upper()[:16]}",
    lambda one: f"eyJhbGciOi.eyJ{one}.{one}",
    lambda one: f"-----BEGIN CERTIFICATE-----\nMIIE{one}\n{one}\n-----END CERTIFICATE-----\n",
    lambda one: f"https://hooks.slack.com/services/T0/B0/{one}",
    lambda one: f"sftp://u:{one}@h:22/in",
    lambda one: f"https://h/x?access_token={one}&a=b#c",
    lambda one: f'{{"auth": {{"client_secret": "{one}"}}, "n": 1}}',
    lambda one: f"Endpoint=sb://n/;SharedAccessKeyName=R;SharedAccessKey={one};EntityPath=hub",
    lambda one: f"https://fn.azurewebsites.net/api/x?code={one}==&n=1",
    lambda one: f"https://h/x?n=1&key={one}",
    lambda one: f"https://h/x?auth={one}",
    lambda one: f"https://h/x?sessionid={one}",
    lambda one: f"https://h/x;jsessionid={one}?n=1",
    lambda one: f"https://a.webhook.office.com/webhookb2/1@2/IncomingWebhook/{one}/4",
    lambda one: f"https://discord.com/api/webhooks/123/{one}",
    lambda one: f"https://api.telegram.org/bot1234567:{one}/sendMessage",
    lambda one: f"sftp:h?username=u&password=RAW({one}&{one})&x=1",
    lambda one: f"aws2-s3://b?x=RAW{{{one})}}&region=r",
    lambda one: f"jdbc:bigquery://https://h:443;ProjectId=p;OAuthPvtKey={one};X=1",
    lambda one: f"Data Source=https://c.kusto.windows.net;AppClientId=i;AppKey={one};Authority Id=t",
    lambda one: f"Content-Type: x|X-Functions-Key:{one}",
    lambda one: f"DD-APPLICATION-KEY: {one}",
    lambda one: f"Cookie: session={one}; other={one}",
    lambda one: f"session={one}",
    lambda one: f"Authorization: Token {one}",
    lambda one: f"base64:{one}{one}",
    lambda one: f"UEsDB{one}{'aB3' * 40}",
    lambda one: f"<c><ns:password type='x'>{one}</ns:password></c>",
    lambda one: f"{{'password': '{one}', 'n': 1}}",
    lambda one: f"npm_{one}{'a1' * 8}",
    lambda one: f"hvs.CAESI{one}{one}",
    lambda one: f"sk-proj-{one}{one}",
    lambda one: f"shpat_{one.encode().hex()[:32]}",
    lambda one: f"ATATT3xFfGF0{one}{one}",
    lambda one: f"gho_{one}{one}",
    lambda one: f"dckr_pat_{one}{one}",
    lambda one: f"glpat-{one}{one}",
    lambda one: f"IDENTIFIED BY '{one}'",
)
# Keys that nobody documents: without definitions their values are withheld.
FREE = (
    "acme.widget",
    "own.material",
    "the.thing",
    "transforms.cipher.stuff",
    "value.converter.stuff",
    "X",
    "data",
    "code",
)


class Planter:
    """Makes secrets and remembers how many."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.planted = 0

    def core(self) -> str:
        self.planted += 1
        return f"{CORE}{self.planted:05d}{CORE}"

    def secret(self) -> str:
        left, right = self.random.choices(AROUND, k=2)
        return f"{left}{self.core()}{right}"

    def plants(self) -> Iterator[tuple[str, str]]:
        """Keys and values with a secret each."""
        picked = self.random
        for key in picked.sample(SECRET_KEYS, 3):
            below = picked.choice(BELOW)
            yield below + key, self.secret()
        for key, plant in picked.sample([one for one in PLANTS if one[0] != DECLARED], 2):
            yield key, plant(self.core())
        for at, plant in enumerate(picked.sample(SHAPED, 4)):
            yield f"{picked.choice(BELOW)}some.extra.{self.planted}.{at}", plant(self.core())
        yield f"{picked.choice(BELOW)}sasl.jaas.config", jaas(self.secret())

    def about(self, example: Example, class_name: str, definitions: str) -> dict[str, str]:
        """The configuration of an example with secrets beside and inside what it says."""
        config = {key: self.inside(key, value) for key, value in example.config.items()}
        declared = [f"{below}{DECLARED}" for below in ("", "transforms.cipher.", "value.converter.")]
        untold = declared if definitions == "given" else self.random.sample(FREE, 3)
        free = [(key, self.secret()) for key in untold]
        for key, value in (*self.plants(), *free):
            config.setdefault(key, value)
        names = ",".join(filter(None, (config.get("transforms"), "cipher")))
        config |= {"transforms": names, "transforms.cipher.type": TRANSFORM, "value.converter": CONVERTER}
        return {**config, "connector.class": class_name, "note.of.nobody": f"{MARKER} note"}

    def inside(self, key: str, value: str) -> str:
        """A URL of the example with credentials in it; other values as they are."""
        if value.startswith("jdbc:") and "${" not in value and "password" not in value.lower():
            separator = ";" if ";" in value or "sqlserver" in value else "&" if "?" in value else "?"
            return value if "oracle" in value else f"{value}{separator}password={self.core()}"
        if key.split(".")[-1] in ("url", "uri") and value.startswith(("http://", "https://", "mongodb")):
            scheme, _, rest = value.partition("://")
            return value if "@" in rest else f"{scheme}://u:{self.core()}@{rest}"
        return value


def jaas(secret: str) -> str:
    quoted = secret.replace("\\", "\\\\").replace('"', '\\"')
    return f'org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="{quoted}";'


def examples() -> list[tuple[str, Example]]:
    """One example per class of the registry, as far as the families' example files have one."""
    of_class: dict[str, Example] = {}
    of_family: dict[str, Example] = {}
    for path in sorted(FAMILIES.glob("*.txt")):
        for example in read_examples(path):
            family = registry().by_class.get(example.config.get("connector.class", ""))
            if family is not None:
                of_class.setdefault(example.config["connector.class"], example)
                of_family.setdefault(family.name, example)
    named = ((name, of_class.get(name) or of_family.get(family.name)) for name, family in registry().by_class.items())
    return [(name, example) for name, example in named if example is not None]


def cluster(
    planter: Planter, provided: str, chosen: list[tuple[str, Example]], definitions: str = "given"
) -> dict[str, Any]:
    """A worker with these connectors that tells what it should not, wherever it says anything.

    ``definitions`` of classes: ``given``, ``absent`` (404), or ``failing`` (500).
    """
    configs = {
        f"{MARKER}-{number:03d}": planter.about(example, class_name, definitions)
        for number, (class_name, example) in enumerate(chosen)
    }
    configs[f"{MARKER}-generic"] = {"connector.class": "com.example.Nobody", "ssl.key.password": provided}
    answers = worker(configs)
    for (name, config), (_, example) in zip(configs.items(), [*chosen, ("", Example(""))], strict=True):
        tell(planter, answers, name, config, example)
    declared = [{"name": DECLARED, "type": "PASSWORD"}, {"name": "tasks.max", "type": "INT"}]
    classes = sorted({*(name for name, _ in chosen), TRANSFORM, CONVERTER})
    answers[PLUGINS] = [{"class": name, "type": kind_of_class(name), "version": "1"} for name in classes]
    failing = {"status": 500, "body": {"error_code": 500, "message": "Request timed out"}}
    for name in classes if definitions != "absent" else ():
        answers[f"/connector-plugins/{segment(name)}/config"] = declared if definitions == "given" else failing
    return answers


def kind_of_class(name: str) -> str:
    family = registry().by_class.get(name)
    return family.direction if family else "transformation"


def tell(planter: Planter, answers: dict[str, Any], name: str, config: dict[str, str], example: Example) -> None:
    """States, traces, topics, offsets and task configurations of one connector, all of which repeat secrets."""
    listed = answers[EXPANDED][name]
    listed["info"]["type"] = kind_of_class(config["connector.class"])
    everything = "\n".join(f"Caused by: x.Y: cannot use {key} = {value}\n\tat {value}" for key, value in config.items())
    everything += "\n".join(f"\n\tat {spelled}" for value in config.values() for spelled in spellings(value))
    own = f"password={planter.core()} jdbc:mysql://u:{planter.core()}@h/d password '{planter.core()}'"
    own += f" <v><secretKey>{planter.core()}</secretKey></v> {{'token': '{planter.core()}'}}"
    listed["status"]["connector"] |= {"state": "FAILED", "trace": f"x.Y: {MARKER} {own}\n{everything}"}
    listed["status"]["tasks"][0] |= {"state": "FAILED", "trace": f"x.Z: {list(config.values())} {own}"}
    path = connector_path(name)
    topics = example.facts.get("topics", [f"{MARKER}-topic"])
    answers[f"{path}/topics"] = {name: {"topics": topics}}
    if planter.random.random() < 0.2:
        message = " and ".join([f"{MARKER} failed", own, *config.values()])
        answers[f"{path}/topics"] = {"status": 500, "body": {"error_code": 500, "message": message}}
    named = {"password": planter.core(), "access_token": planter.core(), "pos": {"client_secret": planter.core()}}
    told = {"partition": {"from": own}, "offset": {"url": own, **named, "told": json.dumps({"apiKey": planter.core()})}}
    answers[f"{path}/offsets"] = {"offsets": [*example.facts.get("offsets", ()), told]}
    task = {**config, "task.password": planter.secret(), "task.jaas": jaas(planter.secret()), "task.url": own}
    answers[f"{path}/tasks"] = [{"id": {"connector": name, "task": 0}, "config": task | tasks(example)}]


def spellings(value: str) -> list[str]:
    """A value as logs spell it: encoded, escaped, in capitals."""
    if len(value) > 300 or CORE not in value:
        return []
    escaped = [quote(value, safe=""), quote_plus(value), html.escape(value), json.dumps(value), value.upper()]
    return [*escaped, base64.b64encode(f"u:{value}".encode()).decode()]


def tasks(example: Example) -> dict[str, str]:
    return dict(next(iter(example.facts.get("tasks", ())), {}))
