"""Where a verification was cut; columns that nobody filled go."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """See the file."""
    op.add_column("kc_lineage_sink", sa.Column("verified_up_to", sa.Text))
    # as they are: a table without row numbers must be made without them again
    columns = {
        "kc_lineage_sink": ("serial", "verified_at"),
        "kc_lineage_entity": ("verified_at",),
    }
    for table, dropped in columns.items():
        with op.batch_alter_table(table, table_kwargs={"sqlite_with_rowid": False}) as batch:
            for column in dropped:
                batch.drop_column(column)


def downgrade() -> None:
    """Bring the columns back, empty."""
    op.add_column("kc_lineage_entity", sa.Column("verified_at", sa.Float))
    op.add_column("kc_lineage_sink", sa.Column("verified_at", sa.Float))
    op.add_column("kc_lineage_sink", sa.Column("serial", sa.Integer))
    with op.batch_alter_table("kc_lineage_sink", table_kwargs={"sqlite_with_rowid": False}) as batch:
        batch.drop_column("verified_up_to")
