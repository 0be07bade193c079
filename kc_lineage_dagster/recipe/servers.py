"""Models of the servers that a recipe names: Connect, schema registries, Confluent's Stream Catalog."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator


class Model(BaseModel):
    """Base of all models of a recipe: unknown fields are refused, and no error message repeats a value."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)


def web_address(value: str | None) -> str | None:
    """Return the address of a server unchanged, or None for None.

    An address with a variable (``$``) is accepted: it is checked again when the variable is known.

    Raises:
        ValueError: For a text that is no web address.

    >>> web_address("https://registry.example.com")
    'https://registry.example.com'
    >>> web_address("registry.example.com")
    Traceback (most recent call last):
    ValueError: must be an address that begins with http:// or https://
    """
    if value is not None and "$" not in value and not value.startswith(("http://", "https://")):
        raise ValueError("must be an address that begins with http:// or https://")
    return value


class ConnectOptions(Model):
    """How to reach the Connect cluster, beyond ``source.config``; times in seconds."""

    bearer_token: SecretStr | None = Field(None, description="Authentication by a token instead of a user name.")
    headers: dict[str, SecretStr] = Field({}, description="Further headers of every request.")
    ca_bundle: str | None = Field(
        None,
        description="File of the certificates that the worker's is checked with; wins over `REQUESTS_CA_BUNDLE`.",
    )
    client_certificate: str | None = Field(None, description="File of the certificate that the worker asks for.")
    client_key: str | None = Field(None, description="File of the key of that certificate.")
    verify: bool = Field(True, description="Whether the worker's certificate is checked.")
    request_timeout: float = Field(30, gt=0, description="Seconds for one request.")
    total_timeout: float = Field(600, gt=0, description="Seconds for reading the cluster.")
    concurrency: int = Field(16, ge=1, le=64, description="Requests at once.")
    retries: int = Field(6, ge=0, le=20, description="Further tries of a request.")


class SchemaRegistry(Model):
    """A schema registry with Confluent's API."""

    url: str | None = Field(None, description="Its address where the connectors' converters name none.")
    username: str | None = Field(
        None,
        description="User name for basic authentication; credentials go to this registry and to no other.",
    )
    password: SecretStr | None = Field(None, description="Password for basic authentication.")
    bearer_token: SecretStr | None = Field(None, description="Authentication by a token instead.")
    headers: dict[str, SecretStr] = Field({}, description="Further headers of every request.")
    ca_bundle: str | None = Field(None, description="File of the certificates that the registry's is checked with.")
    client_certificate: str | None = Field(None, description="File of the certificate that the registry asks for.")
    client_key: str | None = Field(None, description="File of the key of that certificate.")
    verify: bool = Field(True, description="Whether the registry's certificate is checked.")

    @field_validator("url")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        return web_address(value)


class ConfluentCatalog(Model):
    """``confluent_catalog``: Confluent Cloud's Stream Catalog, the fields of DataHub's source."""

    enabled: bool = Field(False, description="Whether the catalog is asked.")
    schema_registry_url: str | None = Field(None, description="Its address, `https://psrc-....confluent.cloud`.")
    api_key: SecretStr | None = Field(None, description="API key of the schema registry.")
    api_secret: SecretStr | None = Field(None, description="API secret of the schema registry.")
    page_size: int = Field(100, ge=1, le=1_000, description="Entities an answer.")
    timeout_seconds: int = Field(30, gt=0, description="Seconds for one request.")
    include_lineage: bool = Field(False, description="Take the catalog's topics of a connector for its active topics.")
    include_tags: bool = Field(True, description="Tags of connectors, as tags of the flow.")
    include_business_metadata: bool = Field(
        True,
        description="Business metadata of connectors, as the flow's properties.",
    )

    @model_validator(mode="after")
    def _complete(self) -> ConfluentCatalog:
        missing = [name for name in ("schema_registry_url", "api_key", "api_secret") if not getattr(self, name)]
        if self.enabled and missing:
            raise ValueError(f"needs {', '.join(missing)}")
        if self.enabled and "$" not in (self.schema_registry_url or "") and not self.is_cloud:
            raise ValueError("schema_registry_url must be Confluent Cloud's: https://psrc-....confluent.cloud")
        return self

    @property
    def is_cloud(self) -> bool:
        """Tell whether the address may get the credentials: a host of Confluent Cloud over https, or this machine."""
        parts = urlsplit(self.schema_registry_url or "")
        host = parts.hostname or ""
        return (parts.scheme == "https" and host.endswith(".confluent.cloud")) or host in ("127.0.0.1", "localhost")
