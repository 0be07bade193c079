"""What derivation decides itself, whatever the family: evidence, doubts, unknown classes and transforms."""

from pathlib import Path

from tests.examples import failures, read_examples


def test_examples():
    """What fails is told by the line where it begins in the file, its title, and the lines that differ."""
    assert not (wrong := failures(read_examples(Path(__file__).with_name("core.txt")))), "\n\n".join(wrong)
