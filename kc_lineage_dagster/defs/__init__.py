"""Dagster definitions: thin, one call into the core per asset."""
