"""The benchmark of ``make bench``: this project beside ``datahub ingest``, in turn, on generated clusters."""
