"""A digest of all that lineage and its proposals are made from: while it stays the same, so do they.

A sync that derived every connector stores the digest beside what came out (``state.settled``), and the next sync takes
the stored lineage where the digest is still the same. It covers

- the code: this release, the text of its modules (a checkout changes without a new version), and the libraries that
  derivation and its documents depend on;
- the connectors, by ``codec.lasting_digest``, which leaves out what derivation does not read: how far offsets are, and
  traces beyond their first line;
- what the recipe says: ``Settings`` and ``Naming`` whole, so that a field which is added to either is covered, and what
  links to a connector are made from;
- what the files and lists of ``options.catalog`` and ``options.topics`` hold;
- the mark that the cluster's entities carry in DataHub;
- where servers are asked for more (a schema registry, DataHub, Kafka), who is asked, and what they answered, as the
  state remembers it. The same connectors ask the same questions, so the same answers count as long as the oldest of
  them is fresh (``beyond.Beyond.until``).

There is no digest for Confluent's Stream Catalog, whose answers nobody remembers. Nothing here can hold a secret:
connectors and answers have none, and of the recipe only the fields named here are read.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from kc_lineage_dagster.catalog.holdings import Holdings, Platform
from kc_lineage_dagster.connect.settings import console_url
from kc_lineage_dagster.derive.settings import Settings
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.version import code_version

# What derivation and the stored documents depend on.
LIBRARIES = ("pydantic", "pydantic-core", "pyyaml", "regex", "sqlglot")


def fingerprint(
    cluster: Cluster,
    settings: Settings,
    held: Holdings,
    connectors: Mapping[str, str],
    mark: str,
    servers: Sequence[object] = (),
) -> str:
    """Return the digest.

    Args:
        cluster: The cluster, for how its recipe names and links entities.
        settings: What the recipe says about derivation, before any catalog is looked at.
        held: What files hold.
        connectors: Connector -> digest of what was read of it (``ClusterState.connector_digests``).
        mark: The mark of the cluster (``adoption.mark_of``).
        servers: What the recipe says of servers that know more than Connect (``beyond.servers_of``), and a digest of
            what they answered (``state.cache.digest_of``); empty where none is asked.
    """
    recipe = (settings, cluster.naming(), cluster.recipe.options.external_url, console_url(cluster.connect_uri))
    text = json.dumps([_code(), _plain(recipe), _plain(held), _plain(connectors), mark, _plain(servers)])
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _code() -> list[str]:
    """Return what tells this code from any other that derives lineage."""
    text = hashlib.sha256()
    _add(text, files("kc_lineage_dagster"))
    return [sys.version, code_version(), *(f"{name} {version(name)}" for name in LIBRARIES), text.hexdigest()]


def _add(text: Any, folder: Traversable) -> None:
    for one in sorted(folder.iterdir(), key=lambda one: one.name):
        if one.is_dir():
            _add(text, one)
        elif one.name.endswith(".py"):
            text.update(one.name.encode() + b"\0" + one.read_bytes() + b"\0")


def _plain(value: Any) -> Any:
    """Return a value as JSON can hold it, the same for equal values.

    Raises:
        TypeError: For a value that has no such form, such as a function.
    """
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, Mapping):
        return [[_plain(key), _plain(value[key])] for key in sorted(value)]
    if isinstance(value, (frozenset, set)):
        return sorted(map(_plain, value), key=json.dumps)
    if isinstance(value, (tuple, list)):
        return list(map(_plain, value))
    if isinstance(value, Platform):
        return _plain(value.names)
    if is_dataclass(value):  # a catalog is a function; what it tells of comes as Holdings
        return [[one.name, _plain(getattr(value, one.name))] for one in fields(value) if one.name != "catalog"]
    raise TypeError(f"a {type(value).__name__} has no fingerprint")
