"""Cluster -> snapshot: everything that talks to Kafka Connect, and the last place that sees a secret."""
