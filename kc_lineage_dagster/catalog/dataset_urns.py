"""The URNs of datasets: taken apart into platform, name and environment, and put together from them."""

from __future__ import annotations

from typing import NamedTuple

from kc_lineage_dagster.wording import encodable

_START = "urn:li:dataset:(urn:li:dataPlatform:"
# datahub.utilities.urn_encoder.RESERVED_CHARS: all that DataHub encodes in a part of a URN
_ENCODED = {"%2C": ",", "%28": "(", "%29": ")", "%E2%90%9F": "\u241f"}


class Urn(NamedTuple):
    """The parts of a dataset's URN, decoded; ``name`` begins with the platform instance where there is one."""

    platform: str
    name: str
    env: str


def parse_urn(urn: str) -> Urn | None:
    """Return the parts of a dataset's URN; None for every other text.

    >>> parse_urn("urn:li:dataset:(urn:li:dataPlatform:postgres,eu.shop.public.users,PROD)")
    Urn(platform='postgres', name='eu.shop.public.users', env='PROD')
    """
    if not urn.startswith(_START) or not urn.endswith(")"):
        return None
    platform, _, rest = urn[len(_START) : -1].partition(",")
    name, _, env = rest.rpartition(",")
    return Urn(_decoded(platform), _decoded(name), _decoded(env)) if platform and name and env else None


def _decoded(part: str) -> str:
    if "%" in part:
        for encoded, char in _ENCODED.items():
            part = part.replace(encoded, char)
    return encodable(part)


def format_urn(platform: str, name: str, env: str) -> str:
    """Return the URN of a dataset.

    Args:
        platform: DataHub's platform id, for example ``postgres``.
        name: The dataset's name, which begins with the platform instance where there is one.
        env: DataHub's environment, for example ``PROD``.

    >>> format_urn("postgres", "eu.shop.public.users", "PROD")
    'urn:li:dataset:(urn:li:dataPlatform:postgres,eu.shop.public.users,PROD)'
    """
    return f"{_START}{_encoded(platform)},{_encoded(name)},{_encoded(env)})"


def _encoded(part: str) -> str:
    for encoded, char in _ENCODED.items():
        part = part.replace(char, encoded)
    return part
