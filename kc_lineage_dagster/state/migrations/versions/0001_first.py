"""The first revision: the tables of release 0.2, which later revisions change."""

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Do nothing: ``database.py`` creates new tables as ``tables.py`` says, marked with the newest revision."""


def downgrade() -> None:
    """Do nothing: no revision comes before this one."""
