"""Alembic's migrations, which bring the tables that an older release made to the form that this release needs."""
