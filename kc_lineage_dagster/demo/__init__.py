"""The demo: a saved cluster (every answer of a real Kafka Connect worker) and its recipe, as package data."""
