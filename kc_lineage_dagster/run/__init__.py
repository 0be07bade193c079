"""One run over one cluster: read, derive, emit, remove; and what surrounds a run (preview, doctor, recording)."""
