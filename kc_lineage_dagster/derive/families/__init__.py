"""One module per connector family; each has ``FAMILY``, or ``FAMILIES`` where one rule serves several classes."""
