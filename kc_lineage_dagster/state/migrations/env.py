"""The script that Alembic runs for every command: it uses the connection that ``database.py`` hands over."""

from alembic import context

from kc_lineage_dagster.state.tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
context.run_migrations()
