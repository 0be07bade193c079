"""java.util.regex without a JVM: matching, replacing, enumerating, and reading a router backwards."""

from kc_lineage_dagster.java_regex.compiled import JavaRegex, Refused, compile_java, compile_re2, times_stopped
from kc_lineage_dagster.java_regex.inversion import preimages
from kc_lineage_dagster.java_regex.language import enumerate_language, literal_prefix
from kc_lineage_dagster.java_regex.preimage import Hole, Preimage, complete, examples, matches_pattern

__all__ = [
    "Hole",
    "JavaRegex",
    "Preimage",
    "Refused",
    "compile_java",
    "compile_re2",
    "complete",
    "enumerate_language",
    "examples",
    "literal_prefix",
    "matches_pattern",
    "preimages",
    "times_stopped",
]
