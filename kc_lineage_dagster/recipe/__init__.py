"""DataHub's kafka-connect recipe: its fields as pydantic models, and the files: finding, checking, resolving them."""
