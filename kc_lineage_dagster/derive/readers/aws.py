"""Names of Amazon's resources: DataHub spells those of a region ``<region>.<name>``; the account belongs to the
platform instance.

Source: ``datahub.ingestion.source.kinesis.kinesis_stream``, ``datahub.ingestion.source.dynamodb.dynamodb``
"""

from __future__ import annotations

import re

from kc_lineage_dagster.lineage import Dataset, Unresolved

# sqs.eu-west-1.amazonaws.com, dynamodb.us-east-1.amazonaws.com, vpce-1.sqs.eu-west-1.vpce.amazonaws.com
_REGION_IN_HOST = re.compile(r"\.([a-z]{2}(?:-[a-z]+)+-\d)\.(?:vpce\.)?amazonaws\.com")


def regional(platform: str, name: str | None, region: str | None, key: str) -> Dataset | Unresolved:
    """Return a stream, queue, table or bus of Amazon's as a dataset ``<region>.<name>``.

    Args:
        platform: DataHub's id.
        name: The plain name, an ARN, or a queue's URL; None when nothing is configured.
        region: Any spelling of the setting beside it (``eu-west-1``, ``EU_WEST_1``) or an endpoint's address; the
            region within an ARN or URL wins. None when nothing is configured.
        key: The setting that holds the name, for the unresolved item.

    >>> str(regional("sqs", "arn:aws:sqs:eu-west-1:123456789012:orders", None, "sqs.url"))
    'sqs:eu-west-1.orders'
    >>> str(regional("kinesis", "clicks", "US_EAST_1", "kinesis.stream"))
    'kinesis:us-east-1.clicks'
    """
    if not name:
        return Unresolved(key, "is not set")
    own_region, bare = _split(name)
    if not bare:
        return Unresolved(key, "is an address that names nothing")
    found = own_region or region_of(region)
    if not found:
        return Unresolved(bare, "its AWS region is not in the configuration, and the region is part of its name")
    return Dataset(platform, f"{found}.{bare}")


def region_of(text: str | None) -> str | None:
    """Return the region that a setting or an endpoint's address names; None where it names none.

    >>> region_of("https://dynamodb.us-east-1.amazonaws.com")
    'us-east-1'
    """
    if not text:
        return None
    if "://" in text or ".amazonaws.com" in text:
        found = _REGION_IN_HOST.search(f".{text.partition('://')[2] or text}")
        return found.group(1) if found else None
    return text.lower().replace("_", "-")


def bare_name(name_or_arn: str) -> str:
    """Return the name within an ARN (``arn:aws:s3:::bucket`` -> ``bucket``), or the name itself.

    >>> bare_name("arn:aws:s3:::bucket")
    'bucket'
    """
    return _split(name_or_arn)[1]


def _split(name: str) -> tuple[str | None, str]:
    """Return the region, None where it is not told, and the bare name of an ARN, a queue's URL, or a plain name."""
    if name.startswith("arn:"):
        parts = name.split(":", 5)
        resource = parts[5] if len(parts) == 6 else parts[-1]
        return (parts[3] or None) if len(parts) == 6 else None, resource.rpartition("/")[2].rpartition(":")[2]
    if "://" in name:
        # the path only: an address may hold a password before its host
        path = re.split(r"[?#]", name.partition("://")[2])[0].partition("/")[2]
        return region_of(name), path.rstrip("/").rpartition("/")[2]
    return None, name
