"""Every Dagster name of one cluster (assets, jobs, steps, sensor, schedules, resources), decided in this one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dagster import AssetKey

from kc_lineage_dagster.defs.translator import EMISSIONS, LINEAGE, RAW, STALE


@dataclass(frozen=True, slots=True)
class Names:
    """The Dagster names of one cluster.

    ``slug``: the cluster's short name, of letters, digits and ``_``. ``keys``: the keys that a translator gave to the
    assets, by asset (``translator.ASSETS``).

    >>> Names("crm").sync_op
    'crm__sync'
    """

    slug: str
    keys: Mapping[str, AssetKey] = field(default_factory=dict)

    def key(self, asset: str) -> AssetKey:
        """Return the key of one of ``translator.ASSETS``."""
        return self.keys.get(asset) or AssetKey([self.slug, asset])

    @property
    def raw(self) -> AssetKey:
        """The snapshot of the cluster's connectors."""
        return self.key(RAW)

    @property
    def lineage(self) -> AssetKey:
        """The lineage of each connector."""
        return self.key(LINEAGE)

    @property
    def emissions(self) -> AssetKey:
        """What each run sent to DataHub, in numbers."""
        return self.key(EMISSIONS)

    @property
    def stale(self) -> AssetKey:
        """What vanished and was soft-deleted."""
        return self.key(STALE)

    @property
    def job(self) -> str:
        """The job that does everything in one run."""
        return f"sync_{self.slug}"

    @property
    def preview_job(self) -> str:
        """The job that shows what a sync would change."""
        return f"preview_{self.slug}"

    @property
    def doctor_job(self) -> str:
        """The job that says what is missing before the first run."""
        return f"doctor_{self.slug}"

    @property
    def prune_job(self) -> str:
        """The job that deletes old runs."""
        return f"prune_{self.slug}"

    @property
    def prune_op(self) -> str:
        """The step that deletes old runs, for run config."""
        return f"{self.slug}__prune"

    @property
    def prune_schedule(self) -> str:
        """The weekly deletion of old runs."""
        return f"{self.slug}_prune"

    @property
    def raw_op(self) -> str:
        """The step that reads the cluster, for run config."""
        return f"{self.slug}__raw_connector_configs"

    @property
    def sync_op(self) -> str:
        """The step that derives and emits, for run config."""
        return f"{self.slug}__sync"

    @property
    def sensor(self) -> str:
        """The sensor for connector changes."""
        return f"{self.slug}_connector_changes"

    @property
    def schedule(self) -> str:
        """The hourly sync."""
        return f"{self.slug}_sync"

    @property
    def refresh_schedule(self) -> str:
        """The weekly full refresh."""
        return f"{self.slug}_full_refresh"

    @property
    def connect(self) -> str:
        """The resource key of the Connect cluster."""
        return self._resource("connect")

    @property
    def datahub(self) -> str:
        """The resource key of the cluster's DataHub."""
        return self._resource("datahub")

    def _resource(self, what: str) -> str:
        """Return a resource key, which Dagster wants to be an identifier of Python: it may not begin with a digit.

        >>> Names("crm").connect, Names("01_crm").connect
        ('crm_connect', 'connect_of_01_crm')
        """
        return f"{what}_of_{self.slug}" if self.slug[0].isdigit() else f"{self.slug}_{what}"
