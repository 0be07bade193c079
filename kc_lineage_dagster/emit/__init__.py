"""Lineage -> DataHub: URNs, proposals, the sinks that take them, and reading back what DataHub holds."""

import os

# DataHub's library reports its use to its makers unless this variable forbids it, which it reads when it is imported.
os.environ.setdefault("DATAHUB_TELEMETRY_ENABLED", "false")
