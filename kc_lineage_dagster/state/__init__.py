"""What a run leaves for the next one."""
