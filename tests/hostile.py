"""A cluster that means harm: names, values, patterns, shapes. Beside it stand connectors whose lineage is known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kc_lineage_dagster.connect.answers import EXPANDED
from tests.connect.stand_in import worker

MARKUP = "<script>document.title='hacked'</script>"
LONE = "lone \ud800 surrogate"  # JSON can hold it, UTF-8 cannot
TWICE = "twice"  # the listing names it two times

NAMES = (
    *("../../etc/x", "a/b", "/", "//", ".", "..", "%2e%2e%2f", "~", "con", "a\\b", "100%25", "100%", "%00", "a?b#c"),
    *("new\nline", "tab\there", "\r\n", "\x00", "\x7f\x1b[31mred", "quo\"te's `tick`", "pi|pe || x", "| --- | --- |"),
    *("**bold** [link](http://x) ![i](http://x)", "# title", "```", "&amp; &#124;", MARKUP, "<img src=x onerror=a()>"),
    *("</script><svg onload=alert(1)>", "<!-- ]]> -->", "javascript:alert(1)", "${file:/etc/passwd:x}", "$(id);`id`"),
    *("x" * 4096, " ", " outer ", "a...b", "....", "a,b(c)", "urn:li:dataFlow:(kafka-connect,x,PROD)", "__proto__"),
    *("日本語", "العربية", "עברית", "\u202ertl", "👩‍👩‍👧", "Ünï", "e\u0301", "\u00e9", "\u2028", "\ufeff", "\u241f"),
    *("case", "CASE", "Case", "\u0131", "I", "ß", "SS", "connector", "null", "true", "error_code", "name", "1", "-"),
    *("'; drop table x; --", "COM1", "NUL.txt", "a" * 300 + "/", "%", "+", "a+b c", "\u0000\u0000"),
)  # fmt: skip


def cdc(prefix: str, tables: str = "public.users", **more: Any) -> dict[str, Any]:
    """A source that has one edge per table."""
    return {
        "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
        "database.dbname": "shop",
        "topic.prefix": prefix,
        "table.include.list": tables,
        **more,
    }


def sink(topics: Any = None, **more: Any) -> dict[str, Any]:
    """A sink whose tables are called as their topics."""
    named = {} if topics is None else {"topics": topics}
    jdbc = {"connector.class": "io.confluent.connect.jdbc.JdbcSinkConnector"}
    return {**jdbc, "connection.url": "jdbc:mysql://h:3306/dw", **named, **more}


GOOD: dict[str, dict[str, Any]] = {
    "good-source": cdc("good", "public.users,public.orders"),
    "good-sink": sink("good.public.users", **{"table.name.format": "users"}),
    "good-router": cdc(
        "routed",
        **{
            "transforms": "r",
            "transforms.r.type": "org.apache.kafka.connect.transforms.RegexRouter",
            "transforms.r.regex": "routed\\.(.*)",
            "transforms.r.replacement": "new.$1",
        },
    ),
}
GOOD_EDGES = {
    ("postgres,shop.public.users", "kafka,good.public.users"),
    ("postgres,shop.public.orders", "kafka,good.public.orders"),
    ("kafka,good.public.users", "mysql,dw.users"),
    ("postgres,shop.public.users", "kafka,new.public.users"),
}

ROUTER = "org.apache.kafka.connect.transforms.RegexRouter"
EXPLODING = {
    "nested plus": "(a+)+$",
    "same twice": "(a|a)*b",
    "any any": "(.*)*(.*)*(.*)*(.*)*x",
    "counted": "((a{1,1000}){1,1000}){1,1000}",
    "optional": "(a?){5000}a{5000}",
    "back": "(a*)*\\1\\1\\1b",
    "look": "(?=(a+)+)(?!(a*)*b)(a|aa)+c",
    "deep": "(" * 20_000 + "a" + ")" * 20_000,
    "open": "[" * 20_000,
    "long": "(" + "|".join(f"name{number}" for number in range(20_000)) + ")",
    "classes": "[a-z&&[^b&&[c&&[d]]]]*" * 500,
    "letters": "(a|b|c|d|e|f|g|h)(a|b|c|d|e|f|g|h)" * 20,
    "very long": "a" * 200_000 + ".*",
}


def routed(regex: str, replacement: str = "$1$1", **more: Any) -> dict[str, Any]:
    """A transform that renames topics by a regular expression."""
    own = {"transforms.t.type": ROUTER, "transforms.t.regex": regex, "transforms.t.replacement": replacement}
    return {"transforms": "t", **own, **more}


def chain(count: int, class_name: str, **settings: str) -> dict[str, str]:
    """So many transforms of one class."""
    found = {"transforms": ",".join(f"t{number}" for number in range(count))}
    for number in range(count):
        found[f"transforms.t{number}.type"] = class_name
        found |= {f"transforms.t{number}.{key}": value for key, value in settings.items()}
    return found


def exploding() -> dict[str, dict[str, Any]]:
    """Patterns wherever lineage reads one."""
    found: dict[str, dict[str, Any]] = {}
    for name, regex in EXPLODING.items():
        found |= {
            f"regex {name} topics": sink(**{"topics.regex": regex}),
            f"regex {name} router": cdc("rr", **routed(regex)),
            f"regex {name} router of sink": sink("a" * 200 + "," + "ab" * 100, **routed(regex)),
            f"regex {name} tables": cdc("rt", regex),
            f"regex {name} columns": cdc("rc", **{"column.include.list": regex}),
            f"regex {name} predicate": cdc(
                "rp",
                **routed(
                    "(.*)",
                    **{
                        "transforms.t.predicate": "p",
                        "predicates": "p",
                        "predicates.p.type": "org.apache.kafka.connect.transforms.predicates.TopicNameMatches",
                        "predicates.p.pattern": regex,
                    },
                ),
            ),
        }
    return found


def transforms() -> dict[str, dict[str, Any]]:
    """Chains that are too long, grow, or lead back to themselves."""
    unknown = "com.example.Nobody"
    header = {"predicate": "p", "regex": "(.*)x?", "replacement": "$1y"}
    has_header = {
        "predicates": "p",
        "predicates.p.type": "org.apache.kafka.connect.transforms.predicates.HasHeaderKey",
        "predicates.p.name": "h",
    }
    topics = ",".join(f"t{number}" for number in range(100))
    return {
        "transforms 10000": cdc("t1", **chain(10_000, ROUTER, regex="(.*)", replacement="x$1")),
        "transforms 10000 of nobody": sink("a", **chain(10_000, unknown)),
        "transforms doubling": cdc("t2", **chain(400, ROUTER, regex="(.*)", replacement="$1$1")),
        "transforms doubling sink": sink("a,b", **chain(400, ROUTER, regex="(.*)", replacement="$1$1")),
        "transforms undecided": cdc("t3", **chain(400, ROUTER, **header), **has_header),
        "transforms undecided sink": sink("a,b", **chain(400, ROUTER, **header), **has_header),
        "transforms of nobody": cdc("t4", **chain(400, unknown)),
        "transforms themselves": cdc(
            "t5",
            **{
                "transforms": "transforms,a,a, ,a.type,transforms.a",
                "transforms.transforms.type": "transforms.transforms",
                "transforms.a.type": "${transforms.a.type}",
                "transforms.a.predicate": "a",
                "predicates": "a",
                "predicates.a.type": "predicates.a",
                "predicates.a.predicate": "a",
            },
        ),
        "transforms without keys": cdc("t6", transforms="x,y"),
        "transforms null": cdc("t7", transforms=None),
        "transforms of many topics": sink(topics, **chain(100, ROUTER, **header), **has_header),
    }


def values() -> dict[str, dict[str, Any]]:
    """Megabytes where a name is expected."""
    many = ",".join(f"public.t{number}" for number in range(400))
    return {
        "big tables": cdc("b1", many),
        "big table": cdc("b2", "public." + "t" * 2_000_000),
        "big topics": sink(",".join(f"topic{number}" for number in range(400))),
        "big topic": sink("t" * 2_000_000),
        "big class": {"connector.class": "x" * 1_000_000},
        "big key": cdc("b3", **{"k" * 1_000_000: "v"}),
        "big prefix": cdc("p" * 1_000_000),
        "big url": sink("a", **{"connection.url": "jdbc:mysql://h/" + "d" * 1_000_000}),
        "big url of hosts": sink("a", **{"connection.url": "jdbc:mysql://" + "h:1," * 200_000 + "h/d"}),
        "big query": {
            "connector.class": "io.aiven.connect.jdbc.JdbcSourceConnector",
            "connection.url": "jdbc:postgresql://h/shop",
            "mode": "bulk",
            "topic.prefix": "q",
            "query": "select " + "(" * 200_000 + "1" + ")" * 200_000 + " from t",
        },
        "big query of unions": {
            "connector.class": "io.aiven.connect.jdbc.JdbcSourceConnector",
            "connection.url": "jdbc:postgresql://h/shop",
            "topic.prefix": "q",
            "query": " union ".join(f"select * from t{number}" for number in range(20_000)),
        },
        "big password": cdc("b4", **{"database.password": "p" * 2_000_000, "x": "password=" * 200_000}),
        "big at signs": cdc("b5", **{"x.url": "http://" + "a:b@" * 200_000 + "h"}),
        "names of harm": cdc("harm", f"public.{MARKUP},public.pi|pe,public.a\nb,public.日本,public.(,public.a\\,b"),
        "topics of harm": sink(f"{MARKUP},pi|pe,new\nline,日本,\x00,${{file:x:y}},a/../../b"),
    }


def shapes() -> dict[str, Any]:
    """Configurations that are none. ``Any``: what stands under ``config``."""
    return {
        "shape null": None,
        "shape list": ["connector.class", "x"],
        "shape text": "connector.class=x",
        "shape number": 7,
        "shape nested": {"connector.class": {"name": "x"}, "topics": {"a": "b"}},
        "shape nested list": {"connector.class": "x", "topics": [["a"]]},
        "no class": {},
        "no class at all": {"topics": "a"},
        "null class": {"connector.class": None, "topics": "a"},
        "blank class": {"connector.class": "  ", "topics": "a"},
        "unknown class": {"connector.class": "com.example.NoSuchConnector", "topics": "a"},
        "class of harm": {"connector.class": MARKUP},
        "class twice": {"connector.class": "JdbcSource"},
        "list of topics": sink(["a", "b", None]),
        "numbers": sink(7, **{"tasks.max": 10**400, "x": 1.5, "y": True, "z": None}),
    }


def configs(heavy: bool = True) -> dict[str, Any]:
    """Every connector of the cluster by name; names do not stand twice. ``heavy``: what takes seconds too."""
    named = {name: cdc(f"n{number}") for number, name in enumerate(NAMES)}
    found = {**exploding(), **transforms(), **values()}
    light = ("plus topics", "deep topics", "open tables", "optional router", "themselves", "10000", "harm", "big table")
    harm = {name: one for name, one in found.items() if heavy or name.endswith(light)}
    return {**named, "": cdc("empty"), **harm, **shapes(), **GOOD}


def answers(heavy: bool = True) -> dict[str, Any]:
    """What the worker says; evidence of some connectors is as odd as their configurations."""
    found = worker(configs(heavy))
    listing = found[EXPANDED]
    for entry in listing.values():
        config = entry["info"]["config"]
        sinks = isinstance(config, Mapping) and "Sink" in str(config.get("connector.class"))
        entry["info"]["type"] = "sink" if sinks else "source"
    found = {path: answer for path, answer in found.items() if not path.startswith("/connectors/")}
    tasks = [None, {"id": "x"}, {"id": 1, "state": {}}]
    odd = {
        "odd entry": None,
        "odd entry list": [1, 2],
        "odd entry text": MARKUP,
        "odd info": {"info": [1], "status": 3},
        "odd status": {"info": {"name": "odd status", "config": cdc("odd"), "type": 5}, "status": ["x"]},
        "odd tasks": {
            "info": {"name": "odd tasks", "config": cdc("odd2"), "type": "source", "tasks": 5},
            "status": {"connector": {"state": MARKUP, "trace": 7}, "tasks": tasks},
        },
    }
    odd[LONE] = {"info": {"name": LONE, "config": cdc("lone"), "type": "source"}, "status": {}}
    failure = {"error_code": 500, "message": f"{MARKUP} | **x**\n" * 50_000}
    evidence = {
        "/connectors/good-router/topics": {"good-router": {"topics": ["new.public.users"]}},
        "/connectors/regex%20nested%20plus%20topics/topics": {
            "regex nested plus topics": {"topics": ["a" * 5_000, "a" * 5_000 + "b"]}
        },
        "/connectors/a%2Fb/topics": {"status": 500, "body": failure},
        "/connectors/case/offsets": {"offsets": [{"partition": [1], "offset": {}}]},
        "/connectors/CASE/topics": {"CASE": {"topics": [None, 1]}},
        "/connectors/1/topics": None,
        "/connectors/-/topics": [],
    }
    return {**found, EXPANDED: {**listing, **odd}, "/connectors": [*listing, *odd], **evidence}


def twice(document: str) -> str:
    """The listing with one more connector, named two times, as no mapping can hold it."""
    entry = json.dumps({"info": {"name": TWICE, "config": cdc("twice"), "type": "source"}, "status": {}})
    keys = json.dumps(cdc("keys")).replace("{", '{"topic.prefix": "other", "tasks.max": NaN, ', 1)
    repeated = f'{{"info": {{"name": "keys twice", "config": {keys}, "type": "source"}}, "status": {{}}}}'
    return document.replace("{", f'{{"{TWICE}": {entry}, "{TWICE}": {entry}, "keys twice": {repeated}, ', 1)
