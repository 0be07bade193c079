"""How to reach a Connect worker: address, credentials, limits."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, quote, unquote, urlsplit

from kc_lineage_dagster.errors import ConnectError

_HTTP = ("http", "https")
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "gzip, deflate", "User-Agent": "kc-lineage-dagster"}
_CLOUD_HOST = "api.confluent.cloud"
_CLOUD_PATH = "/connect/v1/environments/"
_LINE_BREAKS = "\r\n"  # at the end of what a mounted file or a command gives
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NO_SPACE = re.compile(r"[\s\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True, repr=False)
class ConnectSettings:
    """How a ``ConnectClient`` reaches its worker; secrets show neither in the repr nor in any message.

    Args:
        uri: ``http(s)://[user:password@]host[:port][/prefix]``.
        username: For basic authentication; wins over the user in ``uri``.
        password: For basic authentication.
        bearer_token: Wins over user name and password.
        headers: Sent with every request; secret.
        ca_bundle: Path of a PEM file: the authorities that the worker's certificate is checked with.
        client_cert: Path of a PEM file: the certificate that the worker asks for.
        client_key: Path of a PEM file: the key of that certificate, where the certificate's file does not hold it.
        verify: Whether the worker's certificate is checked.
        request_timeout: Seconds for one try of one request.
        total_timeout: Seconds for all requests of a client together, from the first one on.
        max_answer_bytes: Longest answer, decompressed.
        concurrency: Requests under way at once.
        retries: Further tries of one request.

    Raises:
        ConnectError: For an address that cannot be called, and for headers and credentials that HTTP forbids.
    """

    uri: str
    username: str | None = None
    password: str | None = None
    bearer_token: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    ca_bundle: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    verify: bool = True
    request_timeout: float = 30.0
    total_timeout: float = 600.0
    max_answer_bytes: int = 256 * 1024 * 1024
    concurrency: int = 16
    retries: int = 6

    def __post_init__(self) -> None:
        _split(self.uri)
        for what, value in (("username", self.username), ("password", self.password)):
            if value and _CONTROL.search(value.strip(_LINE_BREAKS)):
                raise ConnectError(
                    f"the {what} for {self.base} holds a line break or another control character; does the"
                    " variable hold more than one line?"
                )
        for name, value in self.all_headers().items():
            if _CONTROL.search(name + value) or not (name + value).isascii():
                raise ConnectError(
                    f"the header {_CONTROL.sub('?', name)} for {self.base} holds a character that HTTP forbids;"
                    " ASCII without control characters is allowed"
                )

    def __repr__(self) -> str:
        return f"ConnectSettings(uri={self.base!r}, auth={self.auth_kind!r})"

    @property
    def base(self) -> str:
        """The address without credentials, query, fragment and trailing slashes."""
        parts = _split(self.uri)
        host = parts.netloc.rpartition("@")[2]
        return f"{parts.scheme.lower()}://{host}{quote(parts.path, safe='/%~!$&()*+,;=:@-._').rstrip('/')}"

    @property
    def auth_kind(self) -> str:
        """``bearer``, ``basic`` or ``none``."""
        if self.bearer_token:
            return "bearer"
        return "basic" if self._basic() else "none"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no message may hold: credentials as the recipe gives them, and as requests carry them."""
        basic = self._basic()
        found = [self.password, self.bearer_token, (self.bearer_token or "").strip(), basic and basic[1]]
        for value in (*self.headers.values(), self.all_headers().get("Authorization", "")):
            found += [value, value.rpartition(" ")[2]]  # a refusal may quote it without its scheme
        return tuple(secret for secret in found if secret)

    def all_headers(self) -> dict[str, str]:
        """Return the headers of every request, credentials included (user names and passwords in UTF-8, RFC 7617)."""
        headers = {**_HEADERS, **{name: value.strip() for name, value in self.headers.items()}}
        basic = self._basic()
        if self.bearer_token:
            headers["Authorization"] = f"Bearer {self.bearer_token.strip()}"
        elif basic:
            headers["Authorization"] = "Basic " + base64.b64encode(":".join(basic).encode()).decode()
        return headers

    def _basic(self) -> tuple[str, str] | None:
        if self.username:
            return self.username.strip(_LINE_BREAKS), (self.password or "").strip(_LINE_BREAKS)
        parts = _split(self.uri)
        if parts.username is None:
            return None
        return unquote(parts.username), unquote(parts.password or "")


def cloud_uri(uri: str | None, env: str, cluster: str) -> str:
    """Return the address of a Connect cluster on Confluent Cloud.

    Source: docs.confluent.io/cloud/current/connectors/connect-api-section.html

    Args:
        uri: The recipe's ``connect_uri``. An address of somebody else's, such as a gateway, is used as it is. None when
            the recipe gives none, or the default, which is a local worker: Cloud's API key must not go there.
        env: Id of the environment, ``env-...``.
        cluster: Id of the Kafka cluster, ``lkc-...``.
    """
    try:
        elsewhere = uri is not None and urlsplit(uri).hostname != _CLOUD_HOST
    except ValueError:
        elsewhere = True
    if uri is not None and (elsewhere or _CLOUD_PATH in uri):
        return uri
    return f"https://{_CLOUD_HOST}{_CLOUD_PATH}{quote(env, safe='')}/clusters/{quote(cluster, safe='')}"


def console_url(uri: str) -> str | None:
    """Return the page of Confluent Cloud's console that lists the connectors of ``uri``; None for any other worker."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    _, _, cluster = parts.path.partition(_CLOUD_PATH)
    env, _, rest = cluster.partition("/clusters/")
    name = rest.partition("/")[0]
    if parts.hostname != _CLOUD_HOST or not env or not name:
        return None
    return f"https://confluent.cloud/environments/{env}/clusters/{name}/connectors"


def is_http(uri: str) -> bool:
    """Tell whether ``uri`` names a worker rather than a saved cluster."""
    return uri.strip().lower().startswith(("http://", "https://"))


def _split(uri: str) -> SplitResult:
    problem = ""
    try:
        parts = urlsplit(uri)
        if parts.scheme.lower() not in _HTTP:
            problem = "it must begin with http:// or https://"
        elif not parts.hostname:
            problem = "it names no host"
        elif _NO_SPACE.search(uri):
            problem = "it holds white space"
        elif parts.port == 0:
            problem = "port 0 cannot be called"
    except ValueError:
        problem = "its host or port is malformed"
    if problem:  # the address itself may hold a password: it is not repeated here
        raise ConnectError(f"connect_uri cannot be used: {problem}")
    return parts
