"""The second revision: add where a verification was cut short, and drop columns that nothing ever filled."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add ``sink.verified_up_to``; drop ``sink.serial``, ``sink.verified_at`` and ``entity.verified_at``."""
    op.add_column("kc_lineage_sink", sa.Column("verified_up_to", sa.Text))
    # To drop a column SQLite's tables are made anew: without row numbers, as they were (see tables.py).
    columns = {
        "kc_lineage_sink": ("serial", "verified_at"),
        "kc_lineage_entity": ("verified_at",),
    }
    for table, dropped in columns.items():
        with op.batch_alter_table(table, table_kwargs={"sqlite_with_rowid": False}) as batch:
            for column in dropped:
                batch.drop_column(column)


def downgrade() -> None:
    """Bring the dropped columns back, empty, and drop ``sink.verified_up_to``."""
    op.add_column("kc_lineage_entity", sa.Column("verified_at", sa.Float))
    op.add_column("kc_lineage_sink", sa.Column("verified_at", sa.Float))
    op.add_column("kc_lineage_sink", sa.Column("serial", sa.Integer))
    with op.batch_alter_table("kc_lineage_sink", table_kwargs={"sqlite_with_rowid": False}) as batch:
        batch.drop_column("verified_up_to")
