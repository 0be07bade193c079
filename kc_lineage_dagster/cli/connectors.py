"""``kc-lineage connectors``: tell which connector classes and transforms are understood, and by which rule."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

import click

from kc_lineage_dagster.derive.family import Family, SourceFamily
from kc_lineage_dagster.derive.registry import Registry, SharedAlias, registry
from kc_lineage_dagster.derive.transforms.chain import TRANSFORMS
from kc_lineage_dagster.lineage import Unresolved


@click.command()
@click.argument("classes", nargs=-1, metavar="[CLASS]...")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json: everything that is known of each class.",
)
def command(classes: tuple[str, ...], form: str) -> None:
    """Say whether a connector class or a transform is understood, and by which rule; without CLASS, list all families.

    CLASS is a full class name, a short alias as Kafka Connect takes it, a managed name of Confluent Cloud, or the name
    of a family.

    \b
    kc-lineage connectors io.debezium.connector.postgresql.PostgresConnector
    kc-lineage connectors JdbcSourceConnector RegexRouter
    kc-lineage connectors | grep iceberg

    Exits with 1 when a class is not understood. Such a connector is a DataFlow without edges that says so; a recipe's
    `generic_connectors` can name its dataset.
    """
    known = registry()
    if not classes:
        _list(known, form)
        return
    found = {name: look_up(name, known) for name in classes}
    if form == "json":
        click.echo(json.dumps([{"asked": name, **(one or {})} for name, one in found.items()], indent=2))
    else:
        click.echo("\n\n".join("\n".join(_told(name, one, known)) for name, one in found.items()))
    if None in found.values():
        raise SystemExit(1)


def look_up(name: str, known: Registry) -> dict[str, Any] | None:
    """Return what is known of a connector class, alias, family or transform, as plain data; None for an unknown name.

    A family gives the keys of ``about``, a transform ``transforms`` (full class name -> what the transform does), an
    alias of several families ``problem``.
    """
    family = next((one for one in known.families if one.name == name), None) or known.find(name)
    if not isinstance(family, Unresolved):
        return about(family)
    if isinstance(family, SharedAlias):
        return {"problem": family.reason}
    same = [full for full in TRANSFORMS if name in (full, full.rpartition(".")[2], full.rpartition(".")[2] + "$Value")]
    if not same:
        return None
    does = {full: " ".join((inspect.getdoc(TRANSFORMS[full]) or "").split("\n\n")[0].split()) for full in same}
    return {"transforms": does}


def about(family: Family) -> dict[str, Any]:
    """Return a family as plain data: the keys of ``--format json``, which the text shows under the labels below."""
    return {
        "family": family.name,
        "direction": family.direction,
        "platform": family.platform,
        "classes": [*family.classes, *([f"{family.package}.*"] if family.package else [])],
        "names_come_from": list(family.naming),
        "chosen_by": list(family.selecting) if isinstance(family, SourceFamily) else [],
        "spelled": family.spelled,
        "unresolved": family.never_known,
        "rule": family.rule,
    }


_LABELS = {
    "direction": "Direction",
    "platform": "DataHub platform",
    "classes": "Classes",
    "names_come_from": "Names come from",
    "chosen_by": "Chosen by",
    "spelled": "Spelled",
    "unresolved": "Stays unresolved",
    "rule": "Rule",
}


def _told(name: str, found: dict[str, Any] | None, known: Registry) -> Iterator[str]:
    if found is None:
        yield click.style(f"{name}: not understood", fg="yellow", bold=True)
        near = _near(name, known)
        if near:
            yield f"  spelled alike: {', '.join(near)}"
        return
    if "problem" in found:
        yield click.style(f"{name}: {found['problem']}", fg="yellow")
        return
    if "transforms" in found:
        yield click.style(f"{name}: a transform", fg="green", bold=True)
        yield from (f"  {full}\n    {does}" for full, does in found["transforms"].items())
        return
    yield click.style(f"{name}: family {found['family']}", fg="green", bold=True)
    for key, label in _LABELS.items():
        value = found[key]
        if value:
            yield f"  {label + ':':18} {(', ').join(value) if isinstance(value, list) else value}"


def _near(name: str, known: Registry) -> list[str]:
    """Return classes with a similar simple name; package names are left out, because they would make all alike."""
    simple = {full.rpartition(".")[2].lower(): full for full in (*known.by_class, *TRANSFORMS)}
    return [simple[one] for one in get_close_matches(name.rpartition(".")[2].lower(), simple, n=3, cutoff=0.75)]


def _list(known: Registry, form: str) -> None:
    families = sorted(known.families, key=lambda family: (family.direction, family.name))
    if form == "json":
        click.echo(json.dumps([about(family) for family in families], indent=2))
        return
    for family in families:
        click.echo(f"{family.direction:7} {family.name:32} {', '.join(family.classes)}")
    counts = f"{len(families)} families, {len(known.by_class)} connector classes, {len(TRANSFORMS)} transforms"
    click.echo(counts, err=True)
