"""The recipe's ``sink`` -> where proposals go: one protocol, DataHub's own emitter and sinks behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from kc_lineage_dagster.emit.delivery import (
    Acknowledged,
    SendReport,
    Sink,
    address,
    config_problems,
    explain,
    secrets_of,
    sink_errors,
)
from kc_lineage_dagster.emit.local_sinks import file_config, lite_config
from kc_lineage_dagster.emit.patience import Patience
from kc_lineage_dagster.emit.registry_sink import RegistrySink
from kc_lineage_dagster.emit.rest_sink import RestSink
from kc_lineage_dagster.errors import SinkError

__all__ = [
    "Acknowledged",
    "RegistrySink",
    "RestSink",
    "SendReport",
    "Sink",
    "default_sink",
    "open_sink",
    "renders_whole",
    "sink_identity",
]

REST = "datahub-rest"

_ABSOLUTE = {"file": file_config, "datahub-lite": lite_config}


def open_sink(
    sink_type: str | None,
    config: Mapping[str, Any] | None,
    *,
    run_id: str,
    pipeline_name: str | None = None,
    base_dir: Path | None = None,
    patience: Patience | None = None,
) -> Sink:
    """The sink of a recipe, checked but not yet connected; ``sink_type`` None is DataHub's own default.

    ``run_id`` is stamped on every proposal (``datahub ingest rollback --run-id``); ``base_dir`` is what
    relative paths are relative to; ``patience`` is how long a dead GMS is waited for (a minute in all).
    Raises SinkError for an unknown type or a wrong configuration, by field and without its values.
    """
    kind, settings = _resolved(sink_type, config, base_dir)
    _require_known(kind, settings)
    try:
        if kind == REST:
            return RestSink(settings, run_id=run_id, pipeline_name=pipeline_name, patience=patience)
        _check(kind, settings)
    except ValidationError as error:
        raise SinkError(f"sink {kind}: {'; '.join(config_problems(error))}") from None
    except sink_errors() as error:
        raise SinkError(f"sink {kind}: {explain(error, secrets_of(settings))}") from None
    return RegistrySink(kind, settings, run_id=run_id, pipeline_name=pipeline_name)


def renders_whole(sink_type: str | None) -> bool:
    """Whether every sync writes the whole cluster there, changed or not."""
    return sink_type in ("file", "console")


def sink_identity(sink_type: str | None, config: Mapping[str, Any] | None, *, base_dir: Path | None = None) -> str:
    """What receipts are receipts of: the type and the address (server, file, bootstrap servers), no secret."""
    kind, settings = _resolved(sink_type, config, base_dir)
    if kind == REST:
        return f"{kind} {address(str(settings.get('server', '')))}"
    if kind == "datahub-lite":
        return f"{kind} {settings['type']} {settings['config']['file']}"
    place = settings.get("filename") or (settings.get("connection") or {}).get("bootstrap") or ""
    return f"{kind} {place}".strip()


def default_sink() -> tuple[str, dict[str, Any]]:
    """DataHub's own default: its GMS as the environment (DATAHUB_GMS_URL ...) or ~/.datahubenv names it.

    Raises SinkError when neither does.
    """
    from datahub.cli.config_utils import MissingConfigError, load_client_config

    try:
        client = load_client_config()
    except (MissingConfigError, OSError) as error:
        raise SinkError(
            f"the recipe has no sink, and DataHub's default is not set up (DATAHUB_GMS_URL or `datahub init`): "
            f"{explain(error)}"
        ) from None
    except SystemExit:  # what DataHub's command line does about a ~/.datahubenv it cannot read
        raise SinkError("the recipe has no sink, and ~/.datahubenv is not valid") from None
    return REST, client.model_dump(exclude_none=True)


def _resolved(
    sink_type: str | None, config: Mapping[str, Any] | None, base_dir: Path | None
) -> tuple[str, dict[str, Any]]:
    kind, settings = (sink_type, dict(config or {})) if sink_type else default_sink()
    absolute = _ABSOLUTE.get(kind)
    return kind, absolute(settings, base_dir) if absolute else settings


def _require_known(kind: str, settings: Mapping[str, Any]) -> None:
    """Refuse a sink that DataHub does not have, or a database that its DataHub Lite does not."""
    if kind == REST or "." in kind or ":" in kind:  # with those it is the path of a class
        return
    from datahub.ingestion.sink.sink_registry import sink_registry

    _require("sink.type: DataHub has no sink", kind, sink_registry.mapping)
    if kind == "datahub-lite":
        from datahub.lite.lite_registry import lite_registry

        _require("sink.config.type: DataHub Lite has no database", str(settings["type"]), lite_registry.mapping)


def _require(problem: str, given: str, known: Iterable[str]) -> None:
    names = sorted(known)
    if given not in names:
        near = get_close_matches(given, names, n=1)
        raise SinkError(
            f"{problem} {given!r}{f', did you mean {near[0]}?' if near else ';'} There are: {', '.join(names)}"
        )


def _check(kind: str, settings: Mapping[str, Any]) -> None:
    from datahub.ingestion.sink.sink_registry import sink_registry

    sink_registry.get(kind).get_config_class().model_validate(dict(settings))
