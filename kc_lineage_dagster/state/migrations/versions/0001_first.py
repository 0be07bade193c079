"""The tables of release 0.2: created by ``database.py``, from ``tables.py``. Later revisions change them."""

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing: a new database is created as ``tables.py`` says and stamped with the newest revision."""


def downgrade() -> None:
    """Nothing."""
