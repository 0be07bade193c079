"""Options that Dagster itself must accept, tried before definitions are made of them.

Dagster raises for a cron expression or a time zone that it does not know, and then the whole code location with all its
clusters does not load.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dagster import DagsterInvalidDefinitionError, ScheduleDefinition

from kc_lineage_dagster.recipe.files import RecipeFile
from kc_lineage_dagster.recipe.model import Options

# Option -> the argument of Dagster's schedules that it becomes, and what Dagster expects there.
_TRIED = {
    "schedule": ("cron_schedule", "a cron expression of five fields, such as `0 * * * *`"),
    "timezone": ("execution_timezone", "a time zone, such as `Europe/Berlin`"),
}


def accepted(file: RecipeFile) -> RecipeFile:
    """Return the recipe; where Dagster refuses an option, with a ``problem`` and the default instead.

    So such a recipe loads as any other broken one: its job fails and says why, and the other clusters go on.
    """
    default = Options()
    refused = [
        name for name in _TRIED if getattr(file.options, name) != getattr(default, name) and _refused(file, name)
    ]
    if not refused:
        return file
    given = file.options
    lines = [f"{file.path}: options.{name}: {getattr(given, name)!r} is not {_TRIED[name][1]}" for name in refused]
    options = given.model_copy(update={name: getattr(default, name) for name in refused})
    return replace(file, options=options, problem="; ".join([*filter(None, [file.problem]), *lines]))


def _refused(file: RecipeFile, name: str) -> bool:
    """Tell whether Dagster makes no schedule of an option's value."""
    arguments: dict[str, Any] = {"cron_schedule": Options().schedule, _TRIED[name][0]: getattr(file.options, name)}
    try:
        ScheduleDefinition(name="tried", job_name="tried", **arguments)
    except DagsterInvalidDefinitionError:
        return True
    return False
