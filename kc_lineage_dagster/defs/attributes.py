"""Attributes of the component's YAML, read one by one: a value, or one line that says why it cannot be used."""

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

_PLAIN = re.compile(r"\{\{\s*env\.(\w+)\s*\}\}")  # without a filter or an `or` that would give a value instead


def variables(value: Any) -> Iterator[str]:
    """The environment variables that ``{{ env.X }}`` names; unset ones would be None without a word."""
    if isinstance(value, Mapping):
        for one in value.values():
            yield from variables(one)
    elif isinstance(value, list):
        for one in value:
            yield from variables(one)
    elif isinstance(value, str):
        yield from _PLAIN.findall(value)


def state_config(given: Any) -> tuple[DefsStateConfigArgs, str | None]:
    """Return where state is kept, and why the given value cannot be used."""
    if given is None:
        return DefsStateConfigArgs.local_filesystem(), None
    try:
        return DefsStateConfigArgs.model_validate(given), None
    except ValidationError as error:
        return DefsStateConfigArgs.local_filesystem(), f"defs_state: {_first_problem(error)}"


def translation(
    context: ResolutionContext, given: Any
) -> tuple[Callable[[AssetSpec, Props], AssetSpec] | None, str | None]:
    """The function that ``translation`` describes, tried on one asset of each kind; and why it cannot be used."""
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
    found = error.errors(include_url=False, include_context=False, include_input=False)[0]
    name = ".".join(map(str, found["loc"]))
    close = (
        get_close_matches(name, AssetAttributesModel.model_fields, n=1) if found["type"] == "extra_forbidden" else []
    )
    return f"{name}: {found['msg']}" + (f"; did you mean {close[0]}?" if close else "")


def last_line(error: Exception) -> str:
    """Return the last line of an error's text, which says what is wrong; those before it say where Dagster was."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
