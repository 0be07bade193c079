"""How older tables become newer ones (Alembic)."""
