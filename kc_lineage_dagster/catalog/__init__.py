"""What is known beyond Connect: the tables, topics and columns that DataHub, schema registries, Kafka and files know.

A connector's configuration names tables by patterns, and columns hardly at all; these places have both.
"""
