"""Dagster's side of the project: the assets, checks, jobs, sensor, schedules, resources and component of a cluster.

Thin on purpose: what a step does is decided in ``run``; a definition here calls it and tells Dagster what became of it.
"""
