"""One run over one cluster: read, derive, emit, remove; and what surrounds a run (preview, doctor, recording).

Knows nothing of Dagster: ``defs`` and ``cli`` both call it.
"""
