"""How to reach the servers that a recipe names beyond DataHub's own fields."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator


class Model(BaseModel):
    """Refuses unknown fields and never shows a value in an error."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)


def web_address(value: str | None) -> str | None:
    """The address of a server, None where none is given. ValueError when it is none."""
    # one that holds a variable is looked at when that is known
    if value is not None and "$" not in value and not value.startswith(("http://", "https://")):
        raise ValueError("must be an address that begins with http:// or https://")
    return value


class ConnectOptions(Model):
    """How to reach the Connect cluster, beyond ``source.config``; times in seconds."""

    bearer_token: SecretStr | None = None
    headers: dict[str, SecretStr] = {}
    ca_bundle: str | None = None
    client_certificate: str | None = None
    client_key: str | None = None
    verify: bool = True
    request_timeout: float = Field(30, gt=0)
    total_timeout: float = Field(600, gt=0)
    concurrency: int = Field(16, ge=1, le=64)
    retries: int = Field(6, ge=0, le=20)


class SchemaRegistry(Model):
    """A schema registry with Confluent's API. ``url``: where connectors' converters name none; credentials go to this
    registry and to no other.
    """

    url: str | None = None
    username: str | None = None
    password: SecretStr | None = None
    bearer_token: SecretStr | None = None
    headers: dict[str, SecretStr] = {}
    ca_bundle: str | None = None
    client_certificate: str | None = None
    client_key: str | None = None
    verify: bool = True

    @field_validator("url")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        return web_address(value)


class ConfluentCatalog(Model):
    """``confluent_catalog``: Confluent Cloud's Stream Catalog, the fields of DataHub's source."""

    enabled: bool = False
    schema_registry_url: str | None = None
    api_key: SecretStr | None = None
    api_secret: SecretStr | None = None
    page_size: int = Field(100, ge=1, le=1_000)
    timeout_seconds: int = Field(30, gt=0)
    include_lineage: bool = False
    include_tags: bool = True
    include_business_metadata: bool = True

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
        """Whether the address is one that the credentials may go to: Confluent Cloud's, or this machine's own."""
        parts = urlsplit(self.schema_registry_url or "")
        host = parts.hostname or ""
        return (parts.scheme == "https" and host.endswith(".confluent.cloud")) or host in ("127.0.0.1", "localhost")
