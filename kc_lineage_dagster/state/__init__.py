"""What one run leaves for the next, in a database: what was read, derived and acknowledged; one writer at a time."""
