"""Open the ``sink`` of a recipe: every type of DataHub's, with its own defaults, behind one protocol (``Sink``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from kc_lineage_dagster.emit.default_sink import REST, default_sink
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
    "open_sink",
    "renders_whole",
    "sink_identity",
]

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
    """Return the sink of a recipe, its configuration validated, not yet connected.

    Args:
        sink_type: The recipe's ``sink.type``; None for DataHub's own default (``default_sink``).
        config: The recipe's ``sink.config``.
        run_id: Stamped on every proposal, for ``datahub ingest rollback --run-id``.
        pipeline_name: The recipe's, stamped beside it; None where it has none.
        base_dir: The folder that paths of the configuration are relative to, None for the working folder.
        patience: How long a GMS that does not answer is waited for; None for a minute in all.

    Raises:
        SinkError: For an unknown type or a wrong configuration; the message names the fields and no values.
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
    """Tell whether every sync writes the whole cluster to this type of sink, changed or not."""
    return sink_type in ("file", "console")


def sink_identity(sink_type: str | None, config: Mapping[str, Any] | None, *, base_dir: Path | None = None) -> str:
    """Return what tells one sink from another, for receipts: type and address, without secrets.

    The address is the server, the file or the bootstrap servers.

    Args:
        sink_type: The recipe's ``sink.type``; None for DataHub's own default.
        config: The recipe's ``sink.config``.
        base_dir: The folder that paths are relative to, None for the working folder.

    >>> sink_identity("datahub-rest", {"server": "http://gms:8080/", "token": "secret"})
    'datahub-rest http://gms:8080'
    """
    kind, settings = _resolved(sink_type, config, base_dir)
    if kind == REST:
        return f"{kind} {address(str(settings.get('server', '')))}"
    if kind == "datahub-lite":
        return f"{kind} {settings['type']} {settings['config']['file']}"
    where = settings.get("filename") or (settings.get("connection") or {}).get("bootstrap") or ""
    return f"{kind} {where}".strip()


def _resolved(
    sink_type: str | None, config: Mapping[str, Any] | None, base_dir: Path | None
) -> tuple[str, dict[str, Any]]:
    kind, settings = (sink_type, dict(config or {})) if sink_type else default_sink()
    absolute = _ABSOLUTE.get(kind)
    return kind, absolute(settings, base_dir) if absolute else settings


def _require_known(kind: str, settings: Mapping[str, Any]) -> None:
    """Refuse a type of sink that DataHub does not have, and a type of database that DataHub Lite does not have."""
    if kind == REST or "." in kind or ":" in kind:  # a dot or colon makes it the path of a class
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
