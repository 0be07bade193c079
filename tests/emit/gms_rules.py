"""What a GMS refuses: proposals and URNs that DataHub's schemas and rules do not allow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote_plus

URN_BYTES = 512  # GMS: UrnValidationUtil.URN_NUM_BYTES_LIMIT, of the URL-encoded URN; fields are exempt


def problem_of(proposal: dict[str, Any]) -> str | None:
    """Why GMS would not take the proposal, or None."""
    from datahub.emitter.aspect import ASPECT_MAP
    from datahub.emitter.mcp_builder import entity_supports_aspect
    from datahub.emitter.serialization_helper import post_json_transform

    urn, name = proposal["entityUrn"], proposal["aspectName"]
    wrong = urn_problem(urn)
    if wrong or urn.split(":")[2] != proposal["entityType"]:
        return f"Failed to validate urn {urn}: {wrong or 'another entity type'}"
    if proposal["changeType"] != "UPSERT" or proposal["async"] != "false":
        return f"{urn}: {proposal['changeType']} async={proposal['async']}"
    aspect = ASPECT_MAP.get(name)
    if aspect is None or not entity_supports_aspect(proposal["entityType"], aspect):
        return f"Unknown aspect {name} for entity {urn}"
    unknown = set(proposal["json"]) - set(aspect.RECORD_SCHEMA.fields_dict)
    if unknown:
        return f"{urn} {name}: unrecognized field found but not allowed: {sorted(unknown)}"
    try:
        valid = aspect.from_obj(post_json_transform(proposal["json"])).validate()
    except (ValueError, TypeError, KeyError, AttributeError, AssertionError) as error:
        return f"{urn} {name}: {error}"
    inner = next(filter(None, map(urn_problem, _urns_in(proposal["json"]))), None)
    return inner or (None if valid else f"{urn} {name}: does not fit the schema")


def urn_problem(urn: str) -> str | None:
    """Why a URN is not one, or None."""
    from datahub.metadata.urns import Urn
    from datahub.utilities.urns.error import InvalidUrnError

    if urn != urn.strip() or (not urn.startswith("urn:li:schemaField:") and len(_java_encoded(urn)) > URN_BYTES):
        return f"outer white space or more than {URN_BYTES} bytes"
    try:
        Urn.from_string(urn)
    except (InvalidUrnError, AssertionError) as error:
        return str(error) or "not a URN"
    return None


def _java_encoded(urn: str) -> str:
    """What java.net.URLEncoder makes of it."""
    return quote_plus(urn, safe="*", errors="surrogatepass").replace("~", "%7E")


_URN_LISTS = ("inputDatasets", "outputDatasets", "upstreams", "downstreams")


def _urns_in(value: Any) -> Iterable[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from inner if key in _URN_LISTS else _urns_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _urns_in(inner)
