"""Read the attributes of the component's YAML one by one: a value, or one line that says why it cannot be used."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from dagster import AssetSpec, DagsterError, ResolutionContext
from dagster.components import AssetAttributesModel, DefsStateConfigArgs
from dagster.components.resolved.errors import ResolutionException
from dagster.components.utils.translation import TranslatorResolvingInfo
from pydantic import ValidationError

from kc_lineage_dagster.defs.translator import (
    ASSETS,
    ClusterAssetProps,
    DatasetProps,
    KafkaConnectLineageTranslator,
    Props,
)
from kc_lineage_dagster.lineage import Dataset
from kc_lineage_dagster.recipe.model import Options

# `{{ env.X }}` alone: a filter or an `or` may give a variable that is not set a value.
_PLAIN = re.compile(r"\{\{\s*env\.(\w+)\s*\}\}")


def variables(value: Any) -> Iterator[str]:
    """Yield the environment variables that a value, or a value within it, names as ``{{ env.X }}``.

    The caller must refuse those that are not set: Dagster resolves them to None without a word.

    >>> list(variables({"username": "{{ env.CONNECT_USER }}", "hosts": ["{{ env.HOST or 'localhost' }}"]}))
    ['CONNECT_USER']
    """
    if isinstance(value, Mapping):
        for one in value.values():
            yield from variables(one)
    elif isinstance(value, list):
        for one in value:
            yield from variables(one)
    elif isinstance(value, str):
        yield from _PLAIN.findall(value)


def state_config(given: Any) -> tuple[DefsStateConfigArgs, str | None]:
    """Return where the component's state is kept, and why the given value cannot be used (None when it can).

    A missing value, and one that cannot be used, stand for a folder of this machine.
    """
    if given is None:
        return DefsStateConfigArgs.local_filesystem(), None
    try:
        return DefsStateConfigArgs.model_validate(given), None
    except ValidationError as error:
        return DefsStateConfigArgs.local_filesystem(), f"defs_state: {_first_problem(error)}"


def translation(
    context: ResolutionContext, given: Any
) -> tuple[Callable[[AssetSpec, Props], AssetSpec] | None, str | None]:
    """Return the function that ``translation`` describes, and why it cannot be used (None when it can).

    The function is tried at once on one asset of each kind, so that a mistake shows when the definitions are loaded.
    ``given``: the attributes of an asset, a template that gives them, or None.
    """
    if given is None:
        return None, None
    try:
        attributes = given if isinstance(given, str) else AssetAttributesModel.model_validate(given)
    except ValidationError as error:
        return None, f"translation: {_first_problem(error)}"
    info = TranslatorResolvingInfo(attributes, context, model_key="translation")

    def translate(spec: AssetSpec, props: Props) -> AssetSpec:
        return info.get_asset_spec(spec, {"props": props, "spec": spec})

    tried: list[Props] = [ClusterAssetProps("c", ASSETS[0], Options()), DatasetProps("c", Dataset("kafka", "topic"))]
    try:
        for props in tried:
            translate(KafkaConnectLineageTranslator().get_asset_spec(props) or AssetSpec("x"), props)
    except (ResolutionException, DagsterError, ValueError, TypeError, AttributeError) as error:
        return None, f"translation: {last_line(error)}"
    return translate, None


def _first_problem(error: ValidationError) -> str:
    """Return the first problem in one line: field, what is wrong, and the field that was probably meant."""
    found = error.errors(include_url=False, include_context=False, include_input=False)[0]
    name = ".".join(map(str, found["loc"]))
    close = (
        get_close_matches(name, AssetAttributesModel.model_fields, n=1) if found["type"] == "extra_forbidden" else []
    )
    return f"{name}: {found['msg']}" + (f"; did you mean {close[0]}?" if close else "")


def last_line(error: Exception) -> str:
    """Return the last line of an error's text. It says what is wrong; the lines before it say where Dagster was."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
