"""What one run leaves for the next, in SQLite or PostgreSQL: what was read, derived and acknowledged by DataHub."""
