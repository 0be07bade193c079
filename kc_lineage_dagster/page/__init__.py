"""``lineage.html``: the picture of one cluster's lineage in one file that works from disk, without any network."""
