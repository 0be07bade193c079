"""What the last complete sync has settled: the stored lineage is what derivation says, and DataHub has all of it.

The claim is a digest of what derivation read (``run.fingerprint``) and of the rows that came out: lineage and receipts,
with the time when the first answer of a server is to be asked for again. It holds only as long as the same rows are
there. A state that was restored in part, or damaged, or written by another run since then settles nothing, and is
worked on as if there were no claim.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, select, update

from kc_lineage_dagster.state import tables
from kc_lineage_dagster.state.cluster_state import ClusterState

_ROWS = 1000  # rows that are in memory at once


def settle(state: ClusterState, fingerprint: str | None, until: float) -> None:
    """Store that everything which was derived from this fingerprint is in the state and acknowledged.

    Call it at the end of a run over all connectors, while the run holds the cluster's lock.

    Args:
        state: Of the cluster.
        fingerprint: See ``run.fingerprint``; None when something is left to be done, or may come out otherwise.
        until: When what a server answered is to be asked for again, in seconds since 1970; infinity where none was
            asked.
    """
    table = tables.cluster
    with state.database.writing() as connection:
        claim = None if fingerprint is None else _claim(connection, state.slug, fingerprint, until)
        connection.execute(update(table).where(table.c.cluster == state.slug).values(settled=claim))


def settled_until(state: ClusterState, fingerprint: str) -> float | None:
    """Return until when the state holds all that derivation makes of this fingerprint, with DataHub's acknowledgement.

    In seconds since 1970; None when it does not.
    """
    table = tables.cluster
    with state.database.reading() as connection:
        claim = connection.execute(select(table.c.settled).where(table.c.cluster == state.slug)).scalar_one_or_none()
        try:
            until = float((claim or "").partition(" ")[0])
        except ValueError:
            return None
        return until if claim == _claim(connection, state.slug, fingerprint, until) else None


def _claim(connection: Connection, slug: str, fingerprint: str, until: float) -> str:
    """Return ``until``, and the digest of it, of a fingerprint, and of a cluster's rows of lineage and receipts."""
    found = hashlib.sha256(f"{until!r} {fingerprint}".encode())
    lineage, entity = tables.lineage.c, tables.entity.c
    for key, columns in (
        (lineage.id, (lineage.digest, lineage.emitted_config, lineage.emitted_version)),
        (entity.urn, (entity.connector_id, entity.state, entity.aspects)),
    ):
        chosen = select(key, *columns).where(key.table.c.cluster == slug).order_by(key)
        for row in connection.execute(chosen.execution_options(yield_per=_ROWS)):
            found.update(repr(tuple(row)).encode("utf-8", "backslashreplace"))
    return f"{until!r} {found.hexdigest()}"
