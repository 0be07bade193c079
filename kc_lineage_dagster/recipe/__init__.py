"""DataHub's kafka-connect recipe: its fields as pydantic models, and how its files are found and resolved."""
