"""What is known beyond Connect: DataHub's datasets and schemas, schema registries, Kafka's topics, files."""
