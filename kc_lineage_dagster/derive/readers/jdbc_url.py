"""From a JDBC URL to platform, host, database and schema. No message and no value holds a credential of the URL.

Source: each driver's own documentation, for its row of ``PRODUCTS``, of which the longest subprotocol that fits counts
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from kc_lineage_dagster.derive.config import REFERENCE, Config, entries
from kc_lineage_dagster.derive.readers.sql_platforms import DATABASE, PLATFORMS
from kc_lineage_dagster.lineage import Unresolved

URL_KEY = "connection.url"
_HIDDEN = "\ue000"
_REFERENCE = re.compile(r"\$\{[^{}]*\}")
_PREFIX = re.compile(r"jdbc(?:-secretsmanager)?:", re.IGNORECASE)
# drivers that wrap another driver's URL
_WRAPPERS = re.compile(r"(?:aws-wrapper|secretsmanager|log4jdbc|p6spy|otel|tracing|tc|datadog|instana):", re.IGNORECASE)
_PARAMETER = re.compile(r"(?:^|[?&;,#])\s*([^=?&;,#]+?)\s*=\s*(\{[^}]*\}|\"[^\"]*\"|[^?&;#]*)")
_HOST = re.compile(r"\(host=([^(),]+)|^(?!address=)(\[[^\]]+\]|[^:,\\()=]+)", re.IGNORECASE)
_PORT = re.compile(r"\(port=(\d+)\)|,port=(\d+)|^(?:\[[^\]]+\]|[^:,]+):(\d+)", re.IGNORECASE)
_UNREADABLE = re.compile(r"[@?&=;/\\\n]")


@dataclass(frozen=True, slots=True)
class JdbcUrl:
    """What a connection leads to.

    Args:
        platform: A key of ``sql_platforms.PLATFORMS``.
        host: None when the URL names none that can be read.
        port: None when the URL names none.
        database: None when the URL names none.
        schema: None when the URL names none, or several.
        parameters: Those that bear on names, keys in lower case.
        search_path: Whether the connection starts in several schemas, so that ``schema`` is None and no default holds.
    """

    platform: str
    host: str | None = None
    port: int | None = None
    database: str | None = None
    schema: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict, hash=False)
    search_path: bool = False


@dataclass(frozen=True, slots=True)
class _Parts:
    """A URL cut up, nothing chosen yet.

    Args:
        host: Of the first address; None when it cannot be read.
        port: Of the first address; None when it names none.
        path: What follows the addresses, without its first slash.
        parameters: Keys in lower case -> values.
    """

    host: str | None
    port: int | None
    path: str
    parameters: Mapping[str, str]


def _parameters(text: str) -> dict[str, str]:
    found = _PARAMETER.findall(text)
    return {key.strip().lower(): unquote(value.strip().strip("{}")) for key, value in found}


def _place(authority: str) -> tuple[str | None, int | None]:
    """Return host and port of the first address, None for what cannot be read; credentials before ``@`` are dropped."""
    address = authority.rpartition("@")[2]
    host, port = _HOST.search(address), _PORT.search(address)
    name = next((group for group in host.groups() if group), None) if host else None
    number = next((group for group in port.groups() if group), None) if port else None
    readable = name.strip("[] ") if name and _HIDDEN not in name else None
    return readable or None, int(number) if number and len(number) < 6 else None


def _slashes(rest: str) -> _Parts:
    """Cut up ``[mode:]//host[:port][,host...]/path[?;]key=value``; without ``//`` all is path."""
    head, slashes, tail = rest.partition("//")
    if not slashes or re.search(r"[?;=]", head):
        path, parameters = _cut(rest)
        return _Parts(None, None, path.strip("/"), _parameters(parameters))
    found = re.match(r"((?:\([^()]*\)|[^/?;])*)/?", tail)
    authority, after = (found.group(1), tail[found.end() :]) if found else ("", tail)
    path, parameters = _cut(after)
    return _Parts(*_place(authority), path, _parameters(parameters))


def _cut(text: str) -> tuple[str, str]:
    found = re.search(r"[?;#]", text)
    return (text[: found.start()], text[found.start() :]) if found else (text, "")


def _colon(rest: str) -> _Parts:
    """Cut up ``//host:port/database:key=value;`` (Db2, Informix)."""
    return _slashes(re.sub(r"(//[^/]*/[^:;?]*):", r"\1;", rest, count=1))


def _comma(rest: str) -> _Parts:
    """Cut up ``//host/key=value,key=value`` (Teradata)."""
    parts = _slashes(rest)
    found = re.findall(r"([^=,]+)=('[^']*'|[^,]*)", parts.path)
    return _Parts(parts.host, parts.port, "", {key.strip().lower(): value.strip("'") for key, value in found})


def _bare(rest: str) -> _Parts:
    """Cut up ``host[,host]:port[/path]`` without slashes (Exasol, Sybase)."""
    return _slashes("//" + rest.removeprefix("//"))


def _file(rest: str) -> _Parts:
    """Cut up the path of a file (SQLite, H2, HSQLDB, Derby, Firebird)."""
    path, parameters = _cut(rest)
    return _Parts(None, None, path, _parameters(parameters))


def _oracle(rest: str) -> _Parts:
    """Cut up ``[user/password]@`` and ``//host:port/service``, ``host:port:sid``, a descriptor or a TNS name."""
    connect = rest.rpartition("@")[2]
    if connect.startswith("("):
        found = {
            key: re.search(rf"\(\s*(?:{key})\s*=\s*([^()\s]+)\s*\)", connect, re.IGNORECASE)
            for key in ("HOST", "PORT", "SERVICE_NAME|SID")
        }
        host, port, service = (match.group(1) if match else None for match in found.values())
        return _Parts(host, int(port) if port and port.isdigit() else None, service or "", {})
    easy = re.match(r"(?:tcps?:)?(//)?(\[[^\]]+\]|[^:/?]+)(?::(\d+))?(?:[:/]([^:/?]+))?", connect)
    if easy is None or connect.lower().startswith("ldap"):
        return _Parts(None, None, "", {})
    slashes, host, port, service = easy.groups()
    if not (slashes or port or service):
        return _Parts(None, None, "", {})
    return _Parts(host, int(port) if port else None, service or "", {})


@dataclass(frozen=True, slots=True)
class _Product:
    """One driver, and where its URLs name things.

    Of several places the first that holds something wins: ``/0`` and ``/1`` are parts of the path, ``/`` is the whole
    path, other words are parameters.

    Args:
        platform: A key of ``sql_platforms.PLATFORMS``.
        cut: Cuts up what follows the driver's name.
        database: Where the URL names the database.
        schema: Where the URL names the schema; () for nowhere.
    """

    platform: str
    cut: Callable[[str], _Parts] = _slashes
    database: tuple[str, ...] = ("/0",)
    schema: tuple[str, ...] = ()


_POSTGRES_SCHEMA = ("currentschema", "options")
_SQL_SERVER = _Product("mssql", _slashes, ("databasename", "database"))
_TREE = _Product("trino", _slashes, ("/0",), ("/1",))
_H2 = _Product("h2", _file, ("/",), ("schema",))

PRODUCTS: Mapping[str, _Product] = {
    "postgresql": _Product("postgres", schema=_POSTGRES_SCHEMA),
    "pgsql": _Product("postgres", schema=_POSTGRES_SCHEMA),
    "edb": _Product("postgres", schema=_POSTGRES_SCHEMA),
    "yugabytedb": _Product("yugabytedb", schema=_POSTGRES_SCHEMA),
    "greenplum": _Product("greenplum", schema=_POSTGRES_SCHEMA),
    "pivotal:greenplum": _Product("greenplum", database=("databasename", "/0")),
    "redshift": _Product("redshift", schema=("currentschema",)),
    "mysql": _Product("mysql"),
    "mysql+srv": _Product("mysql"),
    "mariadb": _Product("mariadb"),
    "singlestore": _Product("singlestore"),
    "memsql": _Product("singlestore"),
    "sqlserver": _SQL_SERVER,
    "microsoft:sqlserver": _SQL_SERVER,
    "jtds:sqlserver": _Product("mssql", _slashes, ("/0", "databasename")),
    "jtds:sybase": _Product("sybase", _slashes, ("/0", "databasename")),
    "sybase:tds": _Product("sybase", _bare, ("/0", "servicename")),
    "oracle:thin": _Product("oracle", _oracle, ("/0",)),
    "oracle:oci": _Product("oracle", _oracle, ("/0",)),
    "oracle:oci8": _Product("oracle", _oracle, ("/0",)),
    "db2": _Product("db2", _colon, ("/0",), ("currentschema", "currentsqlid")),
    "as400": _Product("db2", _slashes, ("database name",), ("/0", "libraries")),
    "snowflake": _Product("snowflake", _slashes, ("db", "database"), ("schema",)),
    "sap": _Product("hana", _slashes, ("databasename",), ("currentschema",)),
    "teradata": _Product("teradata", _comma, ("database",)),
    "vertica": _Product("vertica", schema=("searchpath",)),
    "trino": _TREE,
    "presto": _Product("presto", _slashes, ("/0",), ("/1",)),
    "clickhouse": _Product("clickhouse", database=("/0", "database")),
    "ch": _Product("clickhouse", database=("/0", "database")),
    "hive2": _Product("hive"),
    "impala": _Product("impala", database=("/0", "schema")),
    "bigquery": _Product("bigquery", _file, ("projectid",), ("defaultdataset",)),
    "databricks": _Product("databricks", _slashes, ("conncatalog",), ("connschema", "/0")),
    "spark": _Product("hive"),
    "athena": _Product("athena", _slashes, ("schema", "database")),
    "awsathena": _Product("athena", _slashes, ("schema", "database")),
    "netezza": _Product("netezza", schema=("schema",)),
    "exa": _Product("exasol", _bare, (), ("schema",)),
    "informix-sqli": _Product("informix", _colon),
    "sapdb": _Product("maxdb"),
    # Progress DataDirect writes databases as parameters
    **{
        f"datadirect:{driver}": _Product(platform, _slashes, ("databasename", "servicename", "sid"))
        for driver, platform in {"hive": "hive", "oracle": "oracle", "postgresql": "postgres", "mysql": "mysql"}.items()
    },
    "datadirect:sqlserver": _SQL_SERVER,
    "sqlite": _Product("sqlite", _file, ("/",)),
    "h2": _H2,
    "hsqldb": _Product("hsqldb", _file, ("/",)),
    "derby": _Product("derby", _file, ("/",)),
    "firebirdsql": _Product("firebird", _slashes, ("/",)),
    "firebird": _Product("firebird", _slashes, ("/",)),
}
# A driver that leads to another product: (its platform, host and port, what is there)
_BY_HOST = (
    ("postgres", re.compile(r"\.redshift(?:-serverless)?\.amazonaws\.com", re.IGNORECASE), PRODUCTS["redshift"]),
    (
        "postgres",
        re.compile(r"\.cockroachlabs\.cloud|:26257$", re.IGNORECASE),
        _Product("cockroachdb", schema=_POSTGRES_SCHEMA),
    ),
    ("hive", re.compile(r"\.databricks\.com|\.azuredatabricks\.net", re.IGNORECASE), PRODUCTS["databricks"]),
)


def parse_jdbc_url(url: str, properties: Config | None = None) -> JdbcUrl | Unresolved:
    """Return where a JDBC URL leads. Unresolved when the driver is not known, or a reference such as ``${file:...}``
    hides the URL, the driver, the database or the schema; hidden hosts, ports and users do not matter.

    ``properties``: what a connector hands to the driver beside the URL, which wins over them.

    >>> place = parse_jdbc_url("jdbc:postgresql://db:5432/shop?currentSchema=sales")
    >>> place.platform, place.host, place.port, place.database, place.schema
    ('postgres', 'db', 5432, 'shop', 'sales')
    >>> str(parse_jdbc_url("jdbc:unheard-of://db/shop"))
    'connection.url: no rule for JDBC driver unheard-of'
    """
    text = _REFERENCE.sub(_HIDDEN, url.strip())
    prefix = _PREFIX.match(text)
    if prefix is None:
        return Unresolved(URL_KEY, REFERENCE if text.startswith(_HIDDEN) else "is no JDBC URL")
    rest = text[prefix.end() :]
    while wrapper := _WRAPPERS.match(rest):
        rest = rest[wrapper.end() :]
    lower = rest.lower()
    name = max((key for key in PRODUCTS if lower.startswith(f"{key}:")), key=len, default=None)
    if name is None:
        driver = re.match(r"[A-Za-z][\w.+-]{0,30}(?=:)", rest)
        return Unresolved(URL_KEY, f"no rule for JDBC driver {driver.group()}" if driver else "names no JDBC driver")
    product = PRODUCTS[name]
    parts = product.cut(rest[len(name) + 1 :])
    return _chosen(product, parts, properties or {})


def _chosen(driver: _Product, parts: _Parts, properties: Config) -> JdbcUrl | Unresolved:
    product = _product(driver, parts)
    used = {*product.database, *product.schema}
    beside = entries(properties, lambda key, _: key.lower() in used)
    given = {key.lower(): _REFERENCE.sub(_HIDDEN, value) for key, value in beside.items()}
    parts = replace(parts, parameters={**given, **parts.parameters})
    platform = PLATFORMS[product.platform]
    database = next(filter(None, (_value(parts, where) for where in product.database)), None)
    schemas = next(filter(None, (_schemas(parts, where) for where in product.schema)), ())
    named = database if DATABASE in platform.levels else None
    # credentials that hold a slash push the host into the path
    problem = "its host cannot be read" if "@" in parts.path else _problem(named, schemas)
    if problem:
        return Unresolved(URL_KEY, problem)
    only = schemas[0] if len(schemas) == 1 and schemas[0] != "$user" else None
    return JdbcUrl(
        platform=product.platform,
        host=None if parts.host and _HIDDEN in parts.host else parts.host,
        port=parts.port,
        database=_unquoted(database, False) if database and _HIDDEN not in database else None,
        schema=_unquoted(only, platform.folds is str.lower) if only else None,
        parameters={key: value for key, value in parts.parameters.items() if key in used},
        search_path=bool(schemas) and only is None,
    )


def _problem(database: str | None, schemas: tuple[str, ...]) -> str | None:
    if database and _HIDDEN in database:
        return f"its database {REFERENCE}"
    if any(_HIDDEN in schema for schema in schemas):
        return f"its schema {REFERENCE}"
    return "its database cannot be read" if database and _UNREADABLE.search(database) else None


def _value(parts: _Parts, where: str) -> str | None:
    """Return what stands at one place of a URL."""
    if where == "/":
        return parts.path or None
    if where.startswith("/"):
        steps = parts.path.split("/")
        number = int(where[1:])
        return unquote(steps[number]).strip() or None if number < len(steps) else None
    return parts.parameters.get(where)


def _schemas(parts: _Parts, where: str) -> tuple[str, ...]:
    """Return the schemas at one place of a URL; libpq's ``options`` may set ``search_path``."""
    text = _value(parts, where) or ""
    if where == "options":
        found = re.search(r"search_path\s*=\s*(\S+)", text)
        text = found.group(1) if found else ""
    return tuple(item for raw in text.split(",") if (item := raw.strip()))


def _unquoted(name: str, lower: bool) -> str:
    if len(name) > 2 and name[0] == name[-1] and name[0] in "\"'":
        return name[1:-1]
    return name.lower() if lower else name


def _product(driver: _Product, parts: _Parts) -> _Product:
    address = f"{parts.host or ''}:{parts.port or ''}"
    found = (to for at, host, to in _BY_HOST if at == driver.platform and host.search(address))
    return next(found, driver)
