"""Read MirrorMaker 2 that is not configured as connectors: Strimzi's resource, and ``connect-mirror-maker.sh``.

Both run the same connectors, ``<source>-><target>.MirrorSourceConnector`` and its companions
(``io.strimzi.operator.cluster.operator.assembly.KafkaMirrorMaker2Connectors``;
``org.apache.kafka.connect.mirror.MirrorMakerConfig``, kafka.apache.org/documentation/#georeplication).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kc_lineage_dagster.connect.forms.content import Content, Other, mapping, posted
from kc_lineage_dagster.connect.parse import connector_state, kind_from

_PACKAGE = "org.apache.kafka.connect.mirror"
_PARTS = {
    "sourceConnector": "MirrorSourceConnector",
    "checkpointConnector": "MirrorCheckpointConnector",
    "heartbeatConnector": "MirrorHeartbeatConnector",
}
# Strimzi's field of a mirror -> the connector's key, for the fields that name topics; the others concern groups, syncs
# and intervals
_PATTERNS = {
    "topicsPattern": "topics",
    "topicsExcludePattern": "topics.exclude",
    "topicsBlacklistPattern": "topics.exclude",
}


def of_strimzi(document: Mapping[str, Any]) -> Iterator[Content]:
    """Yield the connectors of a ``KafkaMirrorMaker2``.

    Before API version v1 a mirror names its two clusters (``sourceCluster``); from v1 on it holds them (``source``).
    """
    spec, status = mapping(document.get("spec")), mapping(document.get("status"))
    mirrors = spec.get("mirrors")
    listed = map(mapping, _listed(status.get("connectors")))
    answers = {one["name"]: one for one in listed if isinstance(one.get("name"), str)}
    for mirror in map(mapping, _listed(mirrors)):
        source = mirror.get("sourceCluster") or mapping(mirror.get("source")).get("alias")
        target = mirror.get("targetCluster") or mapping(spec.get("target")).get("alias")
        for part in (part for part in _PARTS if isinstance(mirror.get(part), Mapping)):
            name = f"{source}->{target}.{_PARTS[part]}"
            answer, own = answers.get(name), mirror[part]
            patterns = {key: mirror[given] for given, key in _PATTERNS.items() if mirror.get(given) is not None}
            config = {**mapping(own.get("config")), **patterns, **_ends(_PARTS[part], name, source, target)}
            state = connector_state(own.get("state") or ("paused" if own.get("pause") is True else None))
            yield posted(name, config, name, state=state, kind=kind_from(answer), status=answer)
    if not _listed(mirrors):
        yield Other("kind KafkaMirrorMaker2 without mirrors")


def of_properties(values: Mapping[str, str]) -> Iterator[Content] | None:
    """Return the source connectors of ``connect-mirror-maker.sh``, one for each enabled pair of ``clusters``.

    Returns None when the properties name no clusters, so that they belong to something else.
    """
    clusters = [name.strip() for name in values.get("clusters", "").split(",") if name.strip()]
    pairs = [(source, target) for source in clusters for target in clusters if source != target]
    enabled = [pair for pair in pairs if values.get("{}->{}.enabled".format(*pair), "").strip().lower() == "true"]
    return _of_pairs(values, clusters, enabled) if clusters else None


def _of_pairs(values: Mapping[str, str], clusters: list[str], enabled: list[tuple[str, str]]) -> Iterator[Content]:
    special = tuple(f"{name}{sign}" for name in clusters for sign in (".", "->"))
    common = {key: value for key, value in values.items() if not key.startswith(special) and key != "clusters"}
    for source, target in enabled:
        prefix, name = f"{source}->{target}.", f"{source}->{target}.{_PARTS['sourceConnector']}"
        own = {key[len(prefix) :]: value for key, value in values.items() if key.startswith(prefix)}
        config = {**common, **own, **_ends(_PARTS["sourceConnector"], name, source, target)}
        yield posted(name, config, name, kind="source")
    if not enabled:
        yield Other("properties of a MirrorMaker without enabled flows")


def _ends(connector: str, name: str, source: Any, target: Any) -> dict[str, Any]:
    return {
        "connector.class": f"{_PACKAGE}.{connector}",
        "name": name,
        "source.cluster.alias": source,
        "target.cluster.alias": target,
    }


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
