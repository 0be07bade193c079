"""DataHub's own default sink, which a recipe without a ``sink`` uses; quick to load for commands that send nothing."""

from __future__ import annotations

from typing import Any

from kc_lineage_dagster.errors import SinkError

REST = "datahub-rest"


def default_sink() -> tuple[str, dict[str, Any]]:
    """Return (type, configuration) of DataHub's own default sink.

    That is the GMS that the environment (``DATAHUB_GMS_URL`` ...) or ``~/.datahubenv`` names. Source:
    ``datahub.cli.config_utils.load_client_config``.

    Raises:
        SinkError: When neither names one.
    """
    from datahub.cli.config_utils import MissingConfigError, load_client_config

    from kc_lineage_dagster.emit.delivery import explain

    try:
        client = load_client_config()
    except (MissingConfigError, OSError) as error:
        raise SinkError(
            f"the recipe has no sink, and DataHub's default is not set up (DATAHUB_GMS_URL or `datahub init`): "
            f"{explain(error)}"
        ) from None
    except SystemExit:  # DataHub's loader ends the process when it cannot read ~/.datahubenv
        raise SinkError(
            "the recipe has no sink, and ~/.datahubenv is not valid: add a sink, or run `datahub init`"
        ) from None
    return REST, client.model_dump(exclude_none=True)
