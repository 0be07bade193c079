"""Lineage -> DataHub: URNs, proposals, sinks, receipts of what was acknowledged, stale entities."""

import os

# DataHub's library reports its use to its makers unless told otherwise; it reads this when it is imported.
os.environ.setdefault("DATAHUB_TELEMETRY_ENABLED", "false")
