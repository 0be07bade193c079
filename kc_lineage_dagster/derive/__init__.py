"""Snapshot -> lineage. Pure: no dagster, no datahub, no HTTP, no logging."""
