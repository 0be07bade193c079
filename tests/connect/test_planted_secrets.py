"""Plants secrets wherever a configuration can hold one, reads the cluster, and searches everything that comes out."""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from kc_lineage_dagster.connect.client import ConnectClient, ConnectSettings
from kc_lineage_dagster.connect.fetch import ReadingRules, list_only, read
from kc_lineage_dagster.connect.saved import Saved
from kc_lineage_dagster.connect.secrets.redact import redact, redact_json, redact_text
from kc_lineage_dagster.connect.substitute import ProvidedValue
from kc_lineage_dagster.errors import ConnectError
from kc_lineage_dagster.state import codec
from tests.connect import stand_in
from tests.connect.stand_in import EXPANDED, ConnectStandIn, worker
from tests.connect.test_redact import LINEAGE, SECRET_KEYS
from tests.tries import tries

DECLARED = "undeclared.by.name"  # only the plugin's definition knows that this one is a secret
CLASS = "io.aiven.connect.jdbc.JdbcSourceConnector"

# Every secret carries a core that occurs nowhere else; around it stands whatever people put into passwords.
cores = st.text("0123456789abcdef", min_size=20, max_size=20).map(lambda text: f"Zq{text}")
around = st.text("ab1!$%&*+-_.~#?/\\()<>[]", max_size=3)
secrets = st.builds(lambda left, core, right: (core, left + core + right), around, cores, around)

# What a password may hold where: a URL needs more encoding than a property.
PLANTS: list[tuple[str, Callable[[str], str]]] = [
    ("connection.url", lambda pw: f"jdbc:mysql://u:{quote(pw, safe='')}@h:3306/librarydb"),
    ("connection.url", lambda pw: f"jdbc:postgresql://h/librarydb?user=u&password={quote(pw, safe='')}&ssl=true"),
    ("connection.url", lambda pw: f"jdbc:sqlserver://h:1433;databaseName=librarydb;password={pw};encrypt=true"),
    ("connection.url", lambda pw: "jdbc:sqlserver://h;password={" + pw.replace("}", "}}") + "};databaseName=librarydb"),
    ("connection.url", lambda pw: f"jdbc:oracle:thin:scott/{pw}@//h:1521/librarydb"),
    ("connection.uri", lambda pw: f"mongodb+srv://u:{quote(pw, safe='')}@h/librarydb"),
    ("connection.url", lambda pw: f"https://u:{quote(pw, safe='')}@h:9200,https://h2:9200"),
    ("hosts.list", lambda pw: f"http://u:{quote(pw, safe='')}@h:1"),
    ("jdbcConnectionProperties", lambda pw: f"?user=u&password={quote(pw, safe='')}"),
    ("azure.connection.string", lambda pw: f"AccountName=x;AccountKey={pw};EndpointSuffix=core"),
    ("store.url", lambda pw: f"https://acc.blob.core.windows.net/c?sv=1&sig={quote(pw, safe='')}"),
    ("some.extra", lambda pw: json.dumps({"type": "service_account", "private_key": pw, "client_email": "x"})),
    ("some.extra", lambda pw: f"-----BEGIN PRIVATE KEY-----\n{pw}\n-----END PRIVATE KEY-----"),
    ("some.extra", lambda pw: f"-----BEGIN PRIVATE KEY-----{pw}"),
    ("http.headers", lambda pw: f"Content-Type: x|Authorization: Basic {quote(pw, safe='')}"),
    ("http.headers", lambda pw: f"X-Api-Key: {quote(pw, safe='')}"),
    ("consumer.override.extra", lambda pw: f"x.Plain required username='u' password='{quote(pw, safe='')}';"),
    ("query", lambda pw: f"SELECT id FROM users WHERE password='{quote(pw, safe='')}'"),
    ("transforms.x.dsn", lambda pw: f"host=h dbname=librarydb password={quote(pw, safe='')}"),
    ("some.extra", lambda pw: f"Bearer {quote(pw, safe='')}"),
    ("redis.hosts", lambda pw: f"u:{quote(pw, safe='')}@h:6379"),
    (DECLARED, lambda pw: pw),
    *[(key, lambda pw: pw) for key in SECRET_KEYS],
]

names = st.text(string.ascii_letters + string.digits + "._-=*+()|^$,:[]\\ ", max_size=40)
name_keys = st.sampled_from(
    [
        *("topics", "topics.regex", "topic.prefix", "table.include.list", "table.whitelist", "transforms.t.regex"),
        *("transforms.t.replacement", "topic2TableMap", "database.dbname", "schema.pattern", "table.name.format"),
    ]
)


@st.composite
def planted(draw: st.DrawFn) -> tuple[dict[str, str], dict[str, str], list[str]]:
    """A configuration with secrets, what lineage reads of it, and the cores of the secrets."""
    lineage = draw(st.dictionaries(name_keys, names, max_size=5))
    config = {"connector.class": CLASS, **lineage}
    cores = []
    for number in draw(st.lists(st.integers(0, len(PLANTS) - 1), min_size=1, max_size=8, unique=True)):
        key, plant = PLANTS[number]
        core, secret = draw(secrets)
        if key not in config:
            config[key] = plant(secret)
            cores.append(core)
    return config, lineage, cores


def cluster(config: dict[str, str], cores: list[str]) -> dict[str, Any]:
    """A worker that tells what it should not: in traces, task configurations, offsets and errors."""
    trace = "\n".join(f"Caused by: x.Y: cannot use {value}\n\tat {value}" for value in config.values())
    answers = worker({"crm": config}, state="FAILED", trace=trace)
    answers[f"/connector-plugins/{CLASS}/config"] = [{"name": DECLARED, "type": "PASSWORD"}]
    told = " ".join(f"jdbc:mysql://u:{core}@h/d?password={core}" for core in cores)
    answers["/connectors/crm/offsets"] = {"offsets": [{"partition": {"ns": told}, "offset": {"pos": told}}]}
    message = " and ".join([*config.values(), told])
    answers["/connectors/crm/topics"] = {"status": 500, "body": {"error_code": 500, "message": message}}
    return answers


@tries(150)
@given(planted())
def test_no_planted_secret_comes_out_and_lineage_reads_the_same(
    case: tuple[dict[str, str], dict[str, str], list[str]],
) -> None:
    config, lineage, cores = case
    for snapshot in (
        read(Saved("here", cluster(config, cores))).whole(),
        list_only(Saved("here", cluster(config, cores))),
    ):
        out = codec.snapshots().dump(snapshot) + repr(snapshot) + str(snapshot)
        assert [core for core in cores if core in out] == []
        crm = snapshot.connectors[0]
        assert {key: crm.config[key] for key in lineage} == lineage
        assert redact(crm.config) == crm.config
        for key in ("connection.url", "connection.uri"):
            assert ("librarydb" in crm.config.get(key, "")) == ("librarydb" in config.get(key, ""))


@tries(15)
@given(planted(), secrets)
def test_no_secret_comes_out_over_a_real_socket_or_in_an_exception(
    case: tuple[dict[str, str], dict[str, str], list[str]], own: tuple[str, str]
) -> None:
    config, _, cores = case
    core, password = own
    provided = [ProvidedValue("env", "PW", password)]
    with ConnectStandIn(cluster({**config, "ssl.key.password": "${env:PW}"}, cores)) as server:
        chosen = ConnectSettings(server.uri, username="u", password=password, retries=0)
        with ConnectClient(chosen, sleep=lambda _: None) as connect:
            snapshot = read(connect, ReadingRules(provided=provided)).whole()
            told = " ".join([password, *(f"token={one}" for one in cores)])
            server.fault(EXPANDED, stand_in.status(400, message=told))
            try:
                read(connect).whole()
            except ConnectError as error:
                said = str(error) + repr(error)
            out = codec.snapshots().dump(snapshot) + said + repr(connect) + repr(chosen) + repr(provided)
    assert [one for one in (core, *cores) if one in out] == []


FRAGMENTS = [
    *(
        "password=",
        "password:",
        "token = ",
        "://",
        "@",
        ":",
        "u",
        "h1",
        "'",
        '"',
        ";",
        "?",
        "&",
        "{",
        "}",
        "${a:b}",
        "${",
    ),
    *(
        "<redacted>",
        "select ",
        "-----BEGIN X-----",
        "-----END X-----",
        "eyJhbGciOiJI.abc",
        " ",
        ",",
        "\\",
        '"secret":"',
    ),
    *(
        "AKIAABCDEFGHIJKLMNOP",
        "jdbc:oracle:thin:",
        "/",
        "Bearer ",
        "abcdefgh",
        "authorization: ",
        "#",
        "|",
        "\n",
        "%",
        "''",
    ),
]


@tries(300)
@given(
    st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join),
    st.sampled_from(["some.thing", "some.list", "some.query", "some.password"]),
)
def test_redacting_twice_changes_nothing_more(value: str, key: str) -> None:
    once = redact({key: value})
    assert redact(once) == once
    text = redact_text(value, ["abcdefgh"])
    assert redact_text(text, ["abcdefgh"]) == text


values = st.lists(st.sampled_from(FRAGMENTS), max_size=8).map("".join)
members = st.sampled_from(["password", "token", "access_token_url", "table", "pos", "private_key"]) | values
documents = st.recursive(
    values | st.integers() | st.none() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(members, inner, max_size=3),
    max_leaves=6,
)


@tries(100)
@given(st.dictionaries(st.sampled_from(SECRET_KEYS) | members, values, max_size=4), documents)
def test_a_redacted_configuration_and_a_redacted_answer_stay_as_they_are(config: dict[str, str], answer: Any) -> None:
    """All keys and members of the first are in the second, in the same order."""
    once, clean = redact(config), redact_json(answer)
    assert redact(once) == once
    assert list(once) == list(config)
    assert redact_json(clean) == clean
    assert keys_of(clean) == keys_of(answer)


def keys_of(value: Any) -> list[Any]:
    """The keys of a JSON value, level by level, without what stands under them."""
    if isinstance(value, dict):
        return [(key, keys_of(inner)) for key, inner in value.items()]
    return [keys_of(inner) for inner in value] if isinstance(value, list) else []


@tries(100)
@given(st.permutations(sorted(LINEAGE)))
def test_what_one_key_holds_does_not_depend_on_the_others(order: list[str]) -> None:
    config = {key: LINEAGE[key] for key in order}
    assert redact(config) == {key: redact({key: value})[key] for key, value in config.items()}
