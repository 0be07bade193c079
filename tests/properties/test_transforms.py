"""Laws of the transforms: chains of the real builders on random records."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from kc_lineage_dagster.derive.records import ALL_COLUMNS, Leaf, Node, Opaque, Record, Struct, TopicPattern
from kc_lineage_dagster.derive.transforms.chain import TRANSFORMS, build_chain
from kc_lineage_dagster.derive.transforms.fields import envelope
from kc_lineage_dagster.derive.transforms.steps import Chain, Outcome, backwards, run
from kc_lineage_dagster.lineage import Dataset
from tests.tries import tries

KAFKA, DEBEZIUM = "org.apache.kafka.connect.transforms", "io.debezium"
NAMES = ("id", "name", "a", "a.b", "after", "payload")
name = st.sampled_from(NAMES)
names = st.lists(name, min_size=1, max_size=3, unique=True).map(",".join)
pairs = st.lists(st.tuples(name, name), max_size=2).map(lambda found: ",".join(f"{a}:{b}x" for a, b in found))
word = st.text("abc", min_size=1, max_size=3)

# the options that give each class something to do; classes not named run with none
OPTIONS = st.fixed_dictionaries(
    {
        "field": name,
        "fields": names,
        "exclude": names,
        "renames": pairs,
        "static.field": st.just("s"),
        "static.value": st.just("v"),
        "operation": st.sampled_from(["move", "copy"]),
        "headers": names,
        "add.fields": st.sampled_from(["op", "source.ts_ms,table:t"]),
        "delete.tombstone.handling.mode": st.sampled_from(["drop", "rewrite"]),
        "field.names": names,
        "field_names": names,
        "output.field.name": st.just("o"),
        "key.fields": st.just("id"),
        "source.field": name,
        "target.field": st.just("c"),
        "field.pattern": st.just("a"),
        "field.replacement": st.just("b"),
        "from": st.just("LOWER_UNDERSCORE"),
        "to": st.just("UPPER_UNDERSCORE"),
        "header.mappings": st.just("h:STRING:hf"),
        "src.field.name": name,
        "dest.field.name": st.just("d"),
        "topic.expression": st.sampled_from(["value.op == 'u' ? 'updates' : null", "topic + 'x'"]),
        "condition": st.just("value.op == 'u'"),
        "topic.regex": st.just("(.*)"),
        "topic.replacement": word.map(lambda text: f"{text}.$1"),
        "regex": st.sampled_from(["(.*)", r"(\w+)\.(\w+)", "shop.(.*)"]),
        "replacement": word.map(lambda text: f"{text}-$1"),
    }
)
step = st.tuples(st.sampled_from(sorted(TRANSFORMS)), st.sampled_from(["", "$Key", "$Value"]), OPTIONS)
leaves = st.one_of(st.just(Opaque()), name.map(lambda one: Leaf((one,))))
nodes: st.SearchStrategy[Node] = st.recursive(
    leaves,
    lambda inner: st.lists(st.tuples(name, inner), max_size=4, unique_by=lambda pair: pair[0]).map(
        lambda found: Struct(tuple(found))
    ),
    max_leaves=8,
)
values = st.one_of(nodes, st.just(ALL_COLUMNS), st.just(envelope()))
records = st.builds(
    Record, st.just(Dataset("postgres", "shop.t")), st.sampled_from(["shop.orders", "users"]), nodes, values
)


def chain_of(*steps: tuple[str, str, dict[str, str]]) -> Chain:
    config = {"transforms": ",".join(f"t{n}" for n in range(len(steps)))}
    for n, (class_name, part, options) in enumerate(steps):
        config |= {f"transforms.t{n}.{key}": value for key, value in options.items()}
        config[f"transforms.t{n}.type"] = class_name + part
    return build_chain(config, "source")[0]


def columns_of(node: Node) -> set[str]:
    if isinstance(node, Leaf):
        return set(node.origins)
    return {column for _, field in node.fields for column in columns_of(field)} if isinstance(node, Struct) else set()


def unnamed(node: Node) -> bool:
    return isinstance(node, Struct) and (node.columns is not None or any(unnamed(field) for _, field in node.fields))


def of_parts(class_name: str) -> bool:
    options = {
        "field": "a",
        "fields": "a",
        "field.name": "a",
        "from": "LOWER_CAMEL",
        "to": "LOWER_CAMEL",
        "operation": "copy",
    }
    config = {f"transforms.t.{key}": value for key, value in options.items()}
    _, problems = build_chain({"transforms": "t", "transforms.t.type": class_name, **config}, "sink")
    return any("exists only as" in problem.reason for problem in problems)


OF_PARTS = frozenset(filter(of_parts, TRANSFORMS))
few = tries(80)


@few
@given(records)
def test_the_empty_chain_is_identity(record: Record):
    """No transforms: one outcome, the record as it was."""
    assert run((), record) == (Outcome(record, 0),)


@few
@given(records, st.lists(step, max_size=3), st.lists(step, max_size=2))
def test_a_chain_equals_the_chain_of_its_parts(record: Record, first: list, second: list):
    """Running a chain is running its first part and then, on every outcome that got through, the rest."""
    whole = chain_of(*first, *second)
    at_once = run(whole, record)
    halfway = run(whole[: len(first)], record)
    one_by_one = [
        end
        for outcome in halfway
        for end in ((outcome,) if outcome.at < len(first) else run(whole, outcome.record, len(first)))
    ]
    assert set(map(repr, at_once)) == set(map(repr, one_by_one))


@few
@given(records, st.lists(step, min_size=1, max_size=4))
def test_no_step_invents_an_origin_column(record: Record, steps: list):
    """Where all columns are known by name, only those can be what a field is made of; the origin never changes."""
    for outcome in run(chain_of(*steps), record):
        after = outcome.record
        assert (after.origin, after.evidence) == (record.origin, record.evidence)
        if not unnamed(record.value) and not unnamed(record.key):
            before = columns_of(record.value) | columns_of(record.key)
            assert columns_of(after.value) | columns_of(after.key) <= before


@few
@given(records, st.sampled_from(sorted(TRANSFORMS)), OPTIONS)
def test_a_key_step_leaves_the_value_alone(record: Record, class_name: str, options: dict[str, str]):
    """``$Key`` of a class that exists as $Key and $Value changes the key at most, ``$Value`` the value at most."""
    if class_name in OF_PARTS:
        for outcome in run(chain_of((class_name, "$Key", options)), record):
            assert outcome.record.value == record.value
        for outcome in run(chain_of((class_name, "$Value", options)), record):
            assert outcome.record.key == record.key


patterns = st.sampled_from(
    [
        "(.*)",
        r"shop\.(.*)",
        r"(\w+)\.(\w+)",
        "(shop|users).*",
        r"([^.]+)\.([^.]+)\.([^.]+)",
        "(a|ab)(.*)",
        r"(.*)_(\d+)",
    ]
)
replacements = st.sampled_from(["x.$1", "$1", "$1_all", "$2", "$2.$1", "fixed"])
routings = st.tuples(patterns, replacements).filter(lambda pair: "$2" not in pair[1] or pair[0].count("(") > 1)
# Every step that renames a topic by its name alone, and can be read backwards.
routers = st.one_of(
    routings.map(lambda pair: (f"{KAFKA}.RegexRouter", "", dict(zip(("regex", "replacement"), pair, strict=True)))),
    routings.map(
        lambda pair: (
            f"{DEBEZIUM}.transforms.ByLogicalTableRouter",
            "",
            dict(zip(("topic.regex", "topic.replacement"), pair, strict=True)),
        )
    ),
    st.builds(
        lambda text, time: (f"{KAFKA}.TimestampRouter", "", {"topic.format": text, "timestamp.format": time}),
        st.sampled_from(["${topic}-${timestamp}", "${timestamp}.${topic}.x"]),
        st.sampled_from(["yyyyMMdd", "yyyy-MM", "yy.D"]),
    ),
    st.builds(
        lambda start, end: (
            f"{DEBEZIUM}.connector.jdbc.transforms.CollectionNameTransformation",
            "",
            {"collection.naming.prefix": start, "collection.naming.suffix": end},
        ),
        st.sampled_from(["", "shop."]),
        st.sampled_from(["", "_all"]),
    ),
    st.just(("com.github.jcustenborder.kafka.connect.transform.common.LowerCaseTopic", "", {})),
)
topics = st.sampled_from(["shop.orders", "users", "shop.a.b", "Shop.Orders_1", "abc", "x.a", "shop.orders-20261101"])


def renamed(chain: Chain, topic: str) -> list[str]:
    """The topic at every place of a chain, dates filled in."""
    trail = [topic]
    for transform in chain:
        [after] = transform.step(Record(None, trail[-1]))
        trail.append(sample(after.topic) if isinstance(after.topic, TopicPattern) else after.topic)
    return trail


@few
@given(topics, st.lists(routers, min_size=1, max_size=3))
def test_backwards_holds_what_was_there_forwards(topic: str, steps: list):
    """Every topic that a chain reaches leads back, at every place, to the topic that was there."""
    chain = chain_of(*steps)
    trail = renamed(chain, topic)
    for name, place in zip(trail, backwards(chain, trail[-1]), strict=True):
        assert not place.complete or any(TopicPattern(parts, "").fits(name) for parts in place.preimages)


@few
@given(topics, routers)
def test_what_one_step_is_read_back_to_becomes_the_topic(topic: str, router: tuple):
    """Every name that is told for certain, besides the topic itself, is one that the step turns into the topic."""
    [transform] = chain_of(router)
    for name in backwards((transform,), topic)[0].exact:
        [after] = transform.step(Record(None, name))
        become = after.topic.fits(topic) if isinstance(after.topic, TopicPattern) else after.topic == topic
        assert become or name == topic


def sample(pattern: TopicPattern) -> str:
    """A topic of a dated pattern."""
    dates = ("20261101", "2026-11", "26.305")
    texts = (str(pattern).replace("${timestamp}", date) for date in dates)
    return next(text for text in texts if pattern.fits(text))


EVERY = [chain_of((class_name, part, {})) for class_name in sorted(TRANSFORMS) for part in ("", "$Key", "$Value")]


@tries(20)
@given(records)
def test_steps_never_raise_on_what_they_cannot_know(record: Record):
    """Every class answers every kind of value: struct, unnamed columns, text, and what is not known."""
    for chain in EVERY:
        run(chain, record)
        run(chain, replace(record, value=Opaque()))
