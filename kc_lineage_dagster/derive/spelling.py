"""Letter case of dataset names: DataHub's own ingestion of a platform decides, and wins over the letters of the
configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kc_lineage_dagster.lineage import Dataset

# Platforms whose names DataHub lower-cases by default. Snowflake: convert_urns_to_lowercase defaults to true
# (docs.datahub.com/docs/generated/ingestion/sources/snowflake). Rules for single parts of a name, such as Oracle's, are
# in ``readers.sql_platforms``.
LETTER_CASE: Mapping[str, str] = {"snowflake": "lower", "redshift": "lower"}


def spell(dataset: Dataset, overrides: Mapping[str, str]) -> Dataset:
    """Return the dataset in its platform's letters; ``overrides``: platform -> ``lower``, ``upper`` or ``keep``."""
    case = overrides.get(dataset.platform) or LETTER_CASE.get(dataset.platform, "keep")
    if case == "keep":
        return dataset
    return replace(dataset, name=dataset.name.lower() if case == "lower" else dataset.name.upper())
