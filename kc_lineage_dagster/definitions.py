"""The module that Dagster loads (``workspace.yaml``): the definitions of every recipe that is found.

Loading it opens no connection and looks up no secret.
"""

from kc_lineage_dagster.defs.build import build_all
from kc_lineage_dagster.recipe.files import find_recipes

defs = build_all(find_recipes())
