"""java.util.regex without a JVM: what real Java answered, what is refused, and how long a question may take."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kc_lineage_dagster.java_regex import JavaRegex, Refused, compile_java, compile_re2
from kc_lineage_dagster.java_regex.compiled import TIME_LIMIT
from tests.tries import tries

ORACLE: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "data" / "regex_oracle.json").read_text(encoding="utf-8")
)
# what real Java accepts and is refused here: (pattern, input)
REFUSED = {
    ("[a&&]", "b"),
    ("[a&&]", "m-p"),
    ("\\x{1F600}", "\U0001f600"),
    ("\\uD83D\\uDE00", "\U0001f600"),
    (".", "\U0001f600"),
    ("..", "\U0001f600"),
}


def java(pattern: str, **options: bool) -> JavaRegex:
    compiled = compile_java(pattern, **options)
    assert isinstance(compiled, JavaRegex), compiled
    return compiled


def re2(pattern: str) -> JavaRegex:
    compiled = compile_re2(pattern)
    assert isinstance(compiled, JavaRegex), compiled
    return compiled


def answers(case: dict[str, Any]) -> dict[str, Any]:
    """Ask what Java was asked; a refusal stands for the error that Java reports under the name plus ``_error``."""
    compiled = compile_java(case["pattern"])
    if isinstance(compiled, Refused):
        return {"compile_error": compiled}
    text, replacement = case["input"], case["replacement"]
    matches = compiled.matches(text)
    captured = compiled.captures(text)
    return {
        "matches": matches,
        "groups": compiled.groups,
        "captured": list(captured) if isinstance(captured, tuple) else captured,
        "find": compiled.find(text),
        "routed": compiled.replace_first(text, replacement) if matches is True else text,
        "replaceAll": compiled.replace_all(text, replacement),
    }


def fits(case: dict[str, Any], name: str, answer: Any) -> bool:
    """Tell whether an answer is Java's, or a refusal of what Java rejects or is known to be refused here."""
    if not isinstance(answer, Refused):
        return bool(case.get(name) == answer)
    java_fails = name in case if name == "compile_error" else f"{name}_error" in case
    return java_fails or (case["pattern"], case["input"]) in REFUSED


def test_answers_are_those_of_java():
    """Every answer is the one real java.util.regex gave; what Java rejects is refused; few other things are."""
    wrong = [
        (case["pattern"], case["input"], name, answer)
        for case in ORACLE
        for name, answer in answers(case).items()
        if not fits(case, name, answer)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (r"[\p{L}&&[^\p{Lu}]]+", "äb", True),
        (r"[^a-c[x-z]]", "y", False),
        (r"[a-z&&b-d&&c]", "c", True),
        (r"(?i)ä", "Ä", False),
        (r"(?iu)[à-ý]", "Ä", True),
        (r"(?iu)k", "\u212a", True),
        (r"(?U)\d", "\u0663", True),
        (r"\p{IsHan}\p{InHiragana}", "日ひ", True),
        (r"(?x) a [b] \  # c", "ab ", True),
        (r"(?m)^$", "", False),
        (r"a$\n", "a\n", True),
        (r"\0101\x42\u0043\cA", "ABC\x01", True),
        (r"(?:a|ab){2}+c", "aabc", False),
        (r"(?s:.)(?-s).", "\n\n", False),
        (r"a{2}{3}", "aa", True),
        (r"\Qa.b\E+", "a.bbb", True),
        (r"(?<=[ab]{1,2})c|abc", "abc", True),
        (r"\R\n", "\r\n", True),
    ],
)
def test_constructs_mean_what_java_means(pattern, text, matches):
    """Answers measured on Java 17 and 25, where other engines differ."""
    assert java(pattern).matches(text) is matches


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("a{,3}", "Illegal repetition"),
        ("a**", "Dangling meta character '*'"),
        ("(a", "Unclosed group"),
        ("a)", "Unmatched closing ')'"),
        ("[a", "Unclosed character class"),
        ("[b-a]", "Illegal character range"),
        ("(?<1a>.)", "capturing group name does not start with a Latin letter"),
        ("(?<a>.)(?<a>.)", "Named capturing group <a> is already defined"),
        (r"\k<a>", "named capturing group <a> does not exist"),
        (r"\p{Foo}", "Unknown character property name {Foo}"),
        (r"\y", "Illegal/unsupported escape sequence"),
        ("a\\", "Unescaped trailing backslash"),
        ("(?<=a*)b", "Look-behind group does not have an obvious maximum length"),
        (r"\Ga", "\\G, the end of the previous match"),
        (r"(a\1)", "a back reference to a group that is not complete yet"),
        ("(?c)a", "(?c), canonical equivalence"),
        (r"a\b{g}", "\\b{g}, a boundary of grapheme clusters"),
        ("(a|^){2,}", "a repeated group that may match nothing"),
        ("a\0", "a NUL character or half a surrogate pair in the pattern"),
        ("(" * 61 + "a" + ")" * 61, "groups nested deeper than 60"),
        ("a" * 50_001, "longer than 50000 characters"),
        ("\\c", "Illegal control escape sequence"),
        (r"\08", "Illegal octal escape sequence"),
        (r"\xZ", "Illegal hexadecimal escape sequence"),
        (r"\x{110000}", "Illegal hexadecimal escape sequence"),
        (r"\x{D800}", "half a surrogate pair in the pattern"),
        (r"\Nx", "Illegal character name escape sequence"),
        (r"\N{no such letter}", "Unknown character name [no such letter]"),
        (r"\kx", "\\k is not followed by '<' for named capturing group"),
        ("(?iu)ß", "the letter ß together with (?iu)"),
    ],
)
def test_refusals_say_why(pattern, reason):
    """What Java rejects, and what is not translated, is refused by name."""
    refused = compile_java(pattern)
    assert isinstance(refused, Refused)
    assert refused.reason.endswith(f": {reason}")


def test_groups_that_java_may_leave_behind_are_refused():
    """Where the captured text depends on Java's own matcher, only that question is refused."""
    compiled = java("(?:(?=(a))b|.)")
    assert compiled.matches("a") is True
    assert isinstance(compiled.captures("a"), Refused)
    assert isinstance(compiled.replace_first("a", "$1"), Refused)
    assert compiled.replace_first("a", "x") == "x"


def test_word_boundaries_beyond_ascii_are_refused():
    """Java 17 and 19 disagree on word boundaries beside letters beyond ASCII, so the worker's answer is unknown."""
    assert java(r"a\b.").find("a-") is True
    assert isinstance(java(r"a\b.").find("aé"), Refused)
    assert java(r"(?U)a\b.").find("aé") is False


@pytest.mark.parametrize(
    ("replacement", "replaced"),
    [
        ("$2.$1", "b.a"),
        ("$12", "a2"),
        ("$0$0", "abab"),
        ("${n}!", "b!"),
        (r"\$1\\", "$1\\"),
        ("$x", None),
        ("$", None),
        ("$3", None),
        ("${m}", None),
        ("${n", None),
        ("\\", None),
    ],
)
def test_replacements_follow_java(replacement, replaced):
    """`$12` is group 1 and a 2 where there is no group 12; what Java throws at is refused; no find, no error."""
    compiled = java("(a)(?<n>b)")
    answer = compiled.replace_first("ab", replacement)
    assert isinstance(answer, Refused) if replaced is None else answer == replaced
    assert compiled.replace_first("xy", replacement) == "xy"


def test_first_find_may_be_shorter_than_the_match():
    """RegexRouter's full match and its replacement are two questions."""
    assert java("a|ab").matches("ab") is True
    assert java("a|ab").replace_first("ab", "x") == "xb"


def test_case_insensitive_is_ascii_only():
    """Pattern.CASE_INSENSITIVE alone leaves letters beyond ASCII alone."""
    assert java("straße", ignore_case=True).matches("STRAßE") is True
    assert java("ärger", ignore_case=True).matches("ÄRGER") is False


def test_a_question_that_takes_too_long_is_refused():
    """A pattern that goes through all ways to divide a text is stopped, and the answer says so."""
    refused = java("(a|a?)+$").find("a" * 5000 + "!")
    assert isinstance(refused, Refused)
    assert refused.reason == "pattern (a|a?)+$ takes longer than 0.25 s: stopped"


@pytest.mark.slow
@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(?:a*)*b"])
def test_patterns_that_run_away_are_stopped(pattern):
    """No question takes for ever, whichever it is: it is answered, or given up."""
    text = "a" * 5000 + "!"
    for answer in (java(pattern).matches(text), java(pattern + "x").find(text)):
        assert answer is False or (isinstance(answer, Refused) and "takes longer than" in answer.reason)


@pytest.mark.slow
def test_patterns_that_crawl_are_stopped_too():
    """Questions that each stay within the time limit are given up together, and then cost next to nothing."""
    crawling = java("[a-z&&[^b&&[c&&[d]]]]*" * 500)
    answers = [crawling.matches(f"topic{number}") for number in range(10_000)]
    assert answers[0] is False
    assert isinstance(answers[-1], Refused)
    started = time.thread_time()
    assert all(isinstance(crawling.matches(f"topic{number}"), Refused) for number in range(1_000))
    assert time.thread_time() - started < TIME_LIMIT


# Asks a pattern that takes some milliseconds of processor time a question, and says what came out.
ASKS = """
from kc_lineage_dagster.java_regex import compile_java
crawling = compile_java("[a-z&&[^b&&[c&&[d]]]]*" * 150)
crawling.matches("topic")
print("ready", flush=True)
print({type(crawling.matches(f"topic{number}")).__name__ for number in range(50)})
"""


def test_only_processor_time_counts():
    """What a question waits for a busy machine counts for nothing: a process that is stopped meanwhile answers."""
    with subprocess.Popen([sys.executable, "-c", ASKS], stdout=subprocess.PIPE, text=True) as asking:
        assert asking.stdout is not None
        assert asking.stdout.readline() == "ready\n"
        for _ in range(4):
            asking.send_signal(signal.SIGSTOP)
            time.sleep(2 * TIME_LIMIT)
            asking.send_signal(signal.SIGCONT)
            time.sleep(0.01)
        assert asking.stdout.read() == "{'bool'}\n"


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (r"(?P<n>a)|[[:digit:]]", "7", True),
        (r"[[:^alpha:]_]+", "1_", True),
        (r"\pL\p{^Greek}", "\u03b1b", True),
        (r"a{,3}", "a{,3}", True),
        (r"[&&a]+", "&a", True),
        (r"(?i)ORDERS", "orders", True),
        (r"\101\z", "A", True),
        (r"(?m)a$", "a\n", False),
        (r"\Qa.b\E", "axb", False),
        (r".", "\r", True),
    ],
)
def test_re2_means_what_re2_means(pattern, text, matches):
    """Some connectors use RE2/J, whose syntax is not Java's."""
    assert re2(pattern).matches(text) is matches


@pytest.mark.parametrize(
    "pattern", [r"(a)\1", "(?=a)", "(?<!a)b", "a++", "(?>a)", "a**", r"\C", r"\Z", "a{1001}", "(a"]
)
def test_re2_refuses_what_re2_rejects(pattern):
    """No back references, lookaround, possessive or atomic parts in RE2."""
    assert isinstance(compile_re2(pattern), Refused)


def test_re2_swaps_greed():
    """`(?U)` makes the plain quantifiers lazy."""
    assert re2("(?U)(a+)(a*?)").captures("aaa") == ("a", "aa")


SYNTAX = st.text(st.sampled_from("ab.()[]{}*+?|^$\\-,&<>=!:#012 ixQEpPLdkNcUz'é\n\ud800\U0001f600"), max_size=12)


@tries(300)
@given(SYNTAX, SYNTAX)
@example("\\Qa\\", "$")
@example("[\\", "${")
def test_nothing_is_ever_raised(pattern, text):
    """Whatever people write, the answer is a value."""
    for compiled in (compile_java(pattern, ignore_case=True), compile_re2(pattern)):
        if isinstance(compiled, JavaRegex):
            assert isinstance(compiled.matches(text), bool | Refused)
            assert isinstance(compiled.captures(text), tuple | Refused | None)
            assert isinstance(compiled.replace_all(text, pattern), str | Refused)


@tries(100)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8))
def test_quoted_text_matches_itself_only(text):
    r"""`\Q...\E` takes any text for what it is."""
    compiled = java("\\Q" + text.replace("\\E", "") + "\\E")
    assert compiled.matches(text.replace("\\E", "")) is True
    assert compiled.matches(text.replace("\\E", "") + "x") is False
