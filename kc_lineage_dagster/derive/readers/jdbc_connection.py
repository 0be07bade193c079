"""Where a JDBC connector connects to: what its URL says, or the single keys of Confluent Cloud's managed connectors.

Source: https://docs.confluent.io/kafka-connectors/jdbc/current/source-connector/source_config_options.html
("Database"), and the page of each managed connector
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from kc_lineage_dagster.derive.config import REFERENCE, Config, first, is_reference, stripped
from kc_lineage_dagster.derive.placeholders import hidden
from kc_lineage_dagster.derive.readers.jdbc_url import URL_KEY, JdbcUrl, parse_jdbc_url
from kc_lineage_dagster.derive.readers.sql_platforms import DATABASE, PLATFORMS, SCHEMA
from kc_lineage_dagster.lineage import Unresolved

# Managed connectors name host and database apart (docs.confluent.io/cloud/current/connectors/cc-postgresql-source and
# its siblings); all but the platform is the same as in the connector they run, io.confluent.connect.jdbc.
MANAGED_SOURCES: Mapping[str, str] = {
    "PostgresSource": "postgres",
    "MySqlSource": "mysql",
    "OracleDatabaseSource": "oracle",
    "MicrosoftSqlServerSource": "mssql",
    "IbmDb2Source": "db2",
}
MANAGED_SINKS: Mapping[str, str] = {
    "PostgresSink": "postgres",
    "AlloyDbSink": "postgres",
    "MySqlSink": "mysql",
    "OracleDatabaseSink": "oracle",
    "MicrosoftSqlServerSink": "mssql",
}
_MANAGED = {**MANAGED_SOURCES, **MANAGED_SINKS}
# JDBC drivers of these show a database as catalog; those of the other platforms with two levels as schema
_CATALOGS = frozenset({"mysql", "mariadb", "singlestore"})


def connection(config: Config) -> JdbcUrl | Unresolved:
    """Return what ``connection.url`` leads to, or the managed connector's ``connection.host`` and ``db.name``.

    Keys below ``connection.`` are handed to the driver beside the URL
    (docs.confluent.io/kafka-connectors/jdbc/current/source-connector/source_config_options.html, Database).

    >>> connection({"connection.url": "jdbc:postgresql://db:5432/shop"}).database
    'shop'
    >>> connection({"connector.class": "MySqlSource", "connection.host": "db", "db.name": "shop"}).platform
    'mysql'
    >>> connection({"connection.urls": "jdbc:postgresql://a/shop,jdbc:postgresql://b/shop"}).database
    'shop'
    """
    url = first(config, URL_KEY) or _first_url(first(config, "connection.urls"))
    if url:
        return in_own_database(parse_jdbc_url(url, stripped(config, "connection.")), config, "connection.user")
    platform = _MANAGED.get(config.get("connector.class", ""))
    if platform is None:
        return Unresolved(URL_KEY, "is not set")
    host, database = first(config, "connection.host"), first(config, "db.name")
    if database and is_reference(database):
        if DATABASE in PLATFORMS[platform].levels:
            return Unresolved("db.name", REFERENCE)
        database = None
    return JdbcUrl(platform, None if host and is_reference(host) else host, database=database)


def _first_url(urls: str | None) -> str | None:
    """Return the first of YugabyteDB's ``connection.urls``, which all lead to one cluster; a URL may hold commas."""
    return re.split(r",\s*(?=jdbc:)", urls)[0] if urls else None


def in_own_database(place: JdbcUrl | Unresolved, config: Config, user_key: str) -> JdbcUrl | Unresolved:
    """Return the connection; PostgreSQL's driver goes to the user's database where the URL names none.

    Source: https://jdbc.postgresql.org/documentation/use/#connecting-to-the-database

    Args:
        place: The connection as its URL says.
        config: The connector's configuration.
        user_key: The key that holds the name of the user.

    >>> in_own_database(JdbcUrl("postgres", "db"), {"connection.user": "sales"}, "connection.user").database
    'sales'
    """
    if isinstance(place, Unresolved) or place.platform != "postgres" or place.database is not None:
        return place
    name = first(config, user_key) or place.parameters.get("user")
    return place if name is None or hidden(name) else replace(place, database=name)


def narrowed(place: JdbcUrl, config: Config) -> JdbcUrl:
    """Return the connection with what ``catalog.pattern`` and ``schema.pattern`` say of the tables that a source reads.

    A pattern that stands for several schemas takes away the one that the connection itself would say. ``%`` is any
    text; ``_``, any character, is taken for itself here.

    Source: ``java.sql.DatabaseMetaData.getTables``, which both patterns are handed to

    >>> narrowed(JdbcUrl("postgres", "db", database="shop"), {"schema.pattern": "sales"}).schema
    'sales'
    """
    rules = PLATFORMS[place.platform]
    if SCHEMA not in rules.levels:
        key = "catalog.pattern" if place.platform in _CATALOGS else "schema.pattern"
        pattern = first(config, key)
        return replace(place, database=_literal(pattern)) if pattern else place
    schema = first(config, "schema.pattern")
    if schema:
        only = _literal(schema)
        place = replace(place, schema=only, search_path=only is None)
    catalog = first(config, "catalog.pattern")
    return replace(place, database=_literal(catalog)) if catalog and rules.across else place


def looked_at(place: JdbcUrl, config: Config) -> dict[str, str]:
    """Return the patterns of ``java.sql.DatabaseMetaData.getTables`` by level: of the database, which the URL names
    where no pattern does, and of the schema. {} where nothing tells the connection's tables from those of others.

    >>> looked_at(JdbcUrl("mssql", "db", database="shop"), {"schema.pattern": "sales"})
    {'database': 'shop', 'schema': 'sales'}
    """
    rules = PLATFORMS[place.platform]
    keys = ("catalog.pattern", "schema.pattern")
    catalog, schema = (first(config, key) for key in keys)
    if SCHEMA not in rules.levels:
        catalog = catalog if place.platform in _CATALOGS else schema
        schema = None
    if DATABASE in rules.levels and not rules.across and place.database:
        catalog = None  # a connection sees one database only
    database = (catalog or place.database) if DATABASE in rules.levels else None
    found = {DATABASE: database, SCHEMA: schema}
    if DATABASE in rules.levels and (database is None or not database.strip("%")):
        return {}
    return {level: pattern for level, pattern in found.items() if pattern}


def _literal(pattern: str) -> str | None:
    return None if "%" in pattern or "${" in pattern else pattern.replace("\\_", "_")
