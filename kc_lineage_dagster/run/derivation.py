"""Derive the lineage of a cluster's connectors, and log what turns out to be a defect of this project."""

from __future__ import annotations

import logging
from collections.abc import Callable, MutableMapping, Sequence

from kc_lineage_dagster.connect.snapshot import Connector
from kc_lineage_dagster.derive.cluster import deriver
from kc_lineage_dagster.derive.settings import Settings
from kc_lineage_dagster.lineage import ConnectorLineage

_log = logging.getLogger("kc_lineage_dagster.run")


def deriving(
    connectors: Sequence[Connector], settings: Settings, waiting: MutableMapping[str, ConnectorLineage] | None = None
) -> Callable[[Connector], ConnectorLineage]:
    """Return the function from one of a cluster's connectors to its lineage (``derive.cluster.deriver``).

    When a configuration trips this project, its user sees an unresolved item; the stack trace, for whoever mends the
    defect, is logged as an error of ``kc_lineage_dagster.run``.

    Args:
        connectors: All connectors of the cluster.
        settings: What the recipe says about derivation.
        waiting: Holds lineage that waits for its turn; a run that holds no cluster whole gives a ``PackedMapping``.
            None for a dictionary, which is quicker and serves who holds all lineage anyway.
    """
    derived = deriver(connectors, settings, waiting)

    def told(connector: Connector) -> ConnectorLineage:
        lineage = derived(connector)
        if lineage.trace:
            _log.error("%s (%s): %s", connector.name, lineage.connector_class, lineage.trace)
        return lineage

    return told
