"""Datasets made from names and columns: in files as a file sink writes them, and held by a GMS."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from datahub.emitter.mcp import MetadataChangeProposalWrapper
from datahub.metadata.schema_classes import (
    OtherSchemaClass,
    SchemaFieldClass,
    SchemaFieldDataTypeClass,
    SchemaMetadataClass,
    StatusClass,
    StringTypeClass,
    SubTypesClass,
)

from kc_lineage_dagster.catalog.holdings import Holdings, Platform, Schema
from tests.emit.gms import Gms

# Which server of the lab a database is on; its tables have three parts where it is PostgreSQL.
_PLATFORMS = {"shop": "postgres", "dwh": "postgres", "shopm": "mongodb", "crm": "mysql", "billing-eu": "mysql"}


def dataset_urn(platform: str, name: str, env: str = "PROD") -> str:
    """The URN of a dataset."""
    return f"urn:li:dataset:(urn:li:dataPlatform:{platform},{name},{env})"


def schema_aspect(paths: Iterable[str], platform: str = "postgres") -> SchemaMetadataClass:
    """A ``schemaMetadata`` with these field paths."""
    return SchemaMetadataClass(
        schemaName="s",
        platform=f"urn:li:dataPlatform:{platform}",
        version=0,
        hash="",
        platformSchema=OtherSchemaClass(rawSchema=""),
        fields=[
            SchemaFieldClass(path, SchemaFieldDataTypeClass(StringTypeClass()), nativeDataType="text") for path in paths
        ],
    )


def records(
    urn: str, paths: Iterable[str] | None, removed: bool | None = False, kind: str | None = None
) -> list[dict[str, Any]]:
    """The records of one dataset; ``paths``: None for one without a schema."""
    aspects: list[Any] = [] if removed is None else [StatusClass(removed)]
    aspects += [] if paths is None else [schema_aspect(paths)]
    aspects += [SubTypesClass([kind])] if kind else []
    return [
        MetadataChangeProposalWrapper(entityUrn=urn, aspect=aspect).to_obj(simplified_structure=True)
        for aspect in aspects
    ]


def write(
    path: Path, tables: Mapping[tuple[str, str], Iterable[str] | None], env: str = "PROD", kind: str | None = None
) -> Path:
    """A file with these datasets: (platform, name) -> field paths."""
    found = [
        one
        for (platform, name), paths in tables.items()
        for one in records(dataset_urn(platform, name, env), paths, kind=kind)
    ]
    path.write_text(json.dumps(found, indent=4))
    return path


def hold(
    gms: Gms,
    platform: str,
    name: str,
    paths: Iterable[str] | None = None,
    env: str = "PROD",
    kind: str | None = None,
    removed: bool = False,
) -> str:
    """Put a dataset into a GMS, as DataHub's ingestion of its platform leaves it; its URN.

    ``paths``: None for one without a schema.
    """
    urn = dataset_urn(platform, name, env)
    gms.aspects[urn, "status"] = {"removed": removed}
    if paths is not None:
        gms.aspects[urn, "schemaMetadata"] = schema_aspect(paths, platform).to_obj()
    if kind:
        gms.aspects[urn, "subTypes"] = {"typeNames": [kind]}
    return urn


def lab_tables(world: Mapping[str, Any]) -> dict[tuple[str, str], Iterable[str] | None]:
    """The tables of the recorded cluster's databases, as DataHub would hold them after ingesting each."""
    tables: dict[tuple[str, str], Iterable[str] | None] = {}
    for name, columns in world["tables"].items():
        platform = _PLATFORMS[name.partition(".")[0]]
        tables[platform, name] = columns
        if platform == "mysql":
            tables["mariadb", name] = columns
    return tables


def lab_holdings(world: Mapping[str, Any]) -> Holdings:
    """The tables of the recorded cluster's databases as a catalog, without a file."""
    platforms: defaultdict[str, dict[str, Schema]] = defaultdict(dict)
    for (platform, name), columns in lab_tables(world).items():
        platforms[platform][name] = Schema(tuple(columns or ()))
    return Holdings({platform: Platform(names) for platform, names in platforms.items()})
