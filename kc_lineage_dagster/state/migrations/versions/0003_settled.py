"""The third revision: add what the last complete sync has settled."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add ``cluster.settled``."""
    op.add_column("kc_lineage_cluster", sa.Column("settled", sa.Text))


def downgrade() -> None:
    """Drop ``cluster.settled``."""
    # To drop a column SQLite's tables are made anew: without row numbers, as they were (see tables.py).
    with op.batch_alter_table("kc_lineage_cluster", table_kwargs={"sqlite_with_rowid": False}) as batch:
        batch.drop_column("settled")
