"""JDBC URLs of every driver lead to the platform, database and schema that the driver's documentation says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kc_lineage_dagster.derive.readers.jdbc_url import PRODUCTS, JdbcUrl, parse_jdbc_url
from kc_lineage_dagster.derive.readers.sql_platforms import PLATFORMS
from kc_lineage_dagster.lineage import Unresolved
from tests.tries import tries

# url -> platform, host, port, database, schema; "-" is None
URLS = """
jdbc:postgresql://h:5432/shop                                        postgres h 5432 shop -
jdbc:postgresql://h1:5432,h2:5433/shop?targetServerType=primary      postgres h1 5432 shop -
jdbc:postgresql://h/shop?currentSchema=crm&ssl=true                  postgres h - shop crm
jdbc:postgresql://h/shop?currentSchema=Crm                           postgres h - shop crm
jdbc:postgresql://h/shop?currentSchema="Crm"                         postgres h - shop Crm
jdbc:postgresql://h/shop?options=-c%20search_path=crm                postgres h - shop crm
jdbc:postgresql://[::1]:5432/shop                                    postgres ::1 5432 shop -
jdbc:postgresql://[2001:db8::1]/shop                                 postgres 2001:db8::1 - shop -
jdbc:postgresql:shop                                                 postgres - - shop -
jdbc:postgresql:/                                                    postgres - - - -
jdbc:postgresql://h/                                                 postgres h - - -
jdbc:postgresql://h/my%2Ddb                                          postgres h - my-db -
jdbc:postgresql:///shop?cloudSqlInstance=p:r:i&socketFactory=x.Y     postgres - - shop -
jdbc:postgresql:aws://h/shop                                         postgres h - shop -
jdbc:pgsql://h/shop                                                  postgres h - shop -
jdbc:postgresql://c.abc.redshift.amazonaws.com:5439/dev    redshift c.abc.redshift.amazonaws.com 5439 dev -
jdbc:postgresql://x.cockroachlabs.cloud:26257/bank                   cockroachdb x.cockroachlabs.cloud 26257 bank -
jdbc:postgresql://roach:26257/bank                                   cockroachdb roach 26257 bank -
jdbc:yugabytedb://h:5433/yb?load-balance=true                        yugabytedb h 5433 yb -
jdbc:mysql://h:3306/shop?useSSL=false                                mysql h 3306 shop -
jdbc:mysql://h:3306/                                                 mysql h 3306 - -
jdbc:mysql://h:3306                                                  mysql h 3306 - -
jdbc:mysql://h                                                       mysql h - - -
jdbc:mysql://u:pw@h:3306/shop                                        mysql h 3306 shop -
jdbc:mysql://address=(host=h1)(port=3307)(key=a/b),address=(host=h2)/shop   mysql h1 3307 shop -
jdbc:mysql://(host=h1,port=3307),(host=h2,port=3306)/shop            mysql h1 3307 shop -
jdbc:mysql:replication://a:1,b:2/shop                                mysql a 1 shop -
jdbc:mysql:loadbalance://a,b/shop                                    mysql a - shop -
jdbc:mysql+srv://h/shop                                              mysql h - shop -
jdbc:mariadb:aurora://c.cluster-x.rds.amazonaws.com/shop             mariadb c.cluster-x.rds.amazonaws.com - shop -
jdbc:mariadb:sequential:loadbalance://address=(host=h)(port=3306)/crm   mariadb h 3306 crm -
jdbc:singlestore://h:3306/shop                                       singlestore h 3306 shop -
jdbc:sqlserver://h:1433;databaseName=shop;encrypt=false              mssql h 1433 shop -
jdbc:sqlserver://h;instance=SQLEXPRESS;databaseName=db_name          mssql h - db_name -
jdbc:sqlserver://h\\inst:1433;database=shop                          mssql h 1433 shop -
jdbc:sqlserver://h:1433;DATABASENAME={shop};user=u;password={a;b}    mssql h 1433 shop -
jdbc:sqlserver://h:1433;encrypt=true                                 mssql h 1433 - -
jdbc:microsoft:sqlserver://h:1433;databaseName=shop                  mssql h 1433 shop -
jdbc:jtds:sqlserver://h:1433/shop;instance=x                         mssql h 1433 shop -
jdbc:jtds:sybase://h:5000/pubs2                                      sybase h 5000 pubs2 -
jdbc:sybase:Tds:h:5000/pubs2?charset=utf8                            sybase h 5000 pubs2 -
jdbc:sybase:Tds:h:5000?ServiceName=pubs2                             sybase h 5000 pubs2 -
jdbc:oracle:thin:@//h:1521/PDB                                       oracle h 1521 PDB -
jdbc:oracle:thin:@h:1521:ORCL                                        oracle h 1521 ORCL -
jdbc:oracle:thin:@h:1521/svc.example.com                             oracle h 1521 svc.example.com -
jdbc:oracle:thin:scott/tiger@//h:1521/svc                            oracle h 1521 svc -
jdbc:oracle:thin:@tcps://h:1522/svc?wallet_location=/w               oracle h 1522 svc -
jdbc:oracle:thin:@demodb_high?TNS_ADMIN=/wallet                      oracle - - - -
jdbc:oracle:thin:@ldap://h:389/x,cn=OracleContext                    oracle - - - -
jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=h)(PORT=1521))(CONNECT_DATA=(SID=s)))   oracle h 1521 s -
jdbc:oracle:oci:@ORCL                                                oracle - - - -
jdbc:db2://h:50000/SAMPLE                                            db2 h 50000 SAMPLE -
jdbc:db2://h:50000/SAMPLE:currentSchema=HR;user=u;password=p;        db2 h 50000 SAMPLE HR
jdbc:as400://h/MYLIB;naming=sql;libraries=A,B                        db2 h - - MYLIB
jdbc:as400://h;libraries=LIB1;database=x                             db2 h - - LIB1
jdbc:snowflake://a.snowflakecomputing.com/?db=RAW&schema=CRM&warehouse=W   snowflake a.snowflakecomputing.com - RAW CRM
jdbc:redshift:iam://c:eu-west-1/dev                                  redshift c - dev -
jdbc:redshift://c.x.redshift.amazonaws.com:5439/dev                  redshift c.x.redshift.amazonaws.com 5439 dev -
jdbc:sap://h:30015/?databaseName=HXE&currentschema=SALES             hana h 30015 HXE SALES
jdbc:teradata://h/DATABASE=shop,TMODE=ANSI                           teradata h - shop -
jdbc:vertica://h:5433/docker                                         vertica h 5433 docker -
jdbc:trino://h:8080/hive/sales?SSL=true                              trino h 8080 hive sales
jdbc:presto://h:8080/hive                                            presto h 8080 hive -
jdbc:clickhouse://h:8123/analytics                                   clickhouse h 8123 analytics -
jdbc:ch:https://u:p@h:443/analytics                                  clickhouse h 443 analytics -
jdbc:clickhouse:http://h:8123?database=analytics                     clickhouse h 8123 analytics -
jdbc:hive2://h:10000/sales;principal=hive/_HOST@R?x=y#z=1            hive h 10000 sales -
jdbc:hive2://z1:2181,z2:2181/;serviceDiscoveryMode=zooKeeper         hive z1 2181 - -
jdbc:impala://h:21050/sales                                          impala h 21050 sales -
jdbc:bigquery://https://www.googleapis.com/bigquery/v2:443;ProjectId=p;DefaultDataset=d   bigquery - - p d
jdbc:databricks://h:443/default;httpPath=/x;ConnCatalog=main;ConnSchema=s   databricks h 443 main s
jdbc:spark://adb-1.azuredatabricks.net:443/default;httpPath=/x       databricks adb-1.azuredatabricks.net 443 - default
jdbc:netezza://h:5480/db                                             netezza h 5480 db -
jdbc:exa:h1..3:8563;schema=S                                         exasol h1..3 8563 - S
jdbc:pivotal:greenplum://h:5432;DatabaseName=db                      greenplum h 5432 db -
jdbc:firebirdsql://h:3050/emp                                        firebird h 3050 emp -
jdbc:informix-sqli://h:9088/stores:INFORMIXSERVER=ol;user=u          informix h 9088 stores -
jdbc:sapdb://h/db                                                    maxdb h - db -
jdbc:sqlite:/var/lib/test.db                                         sqlite - - /var/lib/test.db -
jdbc:sqlite::memory:                                                 sqlite - - :memory: -
jdbc:h2:mem:test;DB_CLOSE_DELAY=-1;SCHEMA=X                          h2 - - mem:test X
jdbc:h2:tcp://h/~/test                                               h2 - - tcp://h/~/test -
jdbc:derby:mydb;create=true                                          derby - - mydb -
jdbc:aws-wrapper:postgresql://h:5432/shop                            postgres h 5432 shop -
jdbc:aws-wrapper:mysql://h/shop                                      mysql h - shop -
jdbc-secretsmanager:postgresql://h:5432/shop                         postgres h 5432 shop -
jdbc:tc:postgresql:9.6.8:///shop                                     postgres - - shop -
jdbc:log4jdbc:mysql://h/shop                                         mysql h - shop -
JDBC:PostgreSQL://h/shop                                             postgres h - shop -
jdbc:postgresql://${file:/x/y.properties:host}:${file:/x:port}/shop?user=${env:U}   postgres - - shop -
jdbc:postgresql://h:${env:PORT}/shop                                 postgres h - shop -
jdbc:oracle:thin:@${file:/x/y.properties:connect}                    oracle - - - -
jdbc:oracle:thin:@//${env:H}:1521/${env:SVC}                         oracle - 1521 - -
""".strip().splitlines()


def shown(url: str) -> str:
    """Where a URL leads, as the lines above say it."""
    found = parse_jdbc_url(url)
    if not isinstance(found, JdbcUrl):
        return str(found)
    values = (found.platform, found.host, found.port, found.database, found.schema)
    return " ".join("-" if value is None else str(value) for value in values)


def test_urls():
    """A URL leads where its driver's documentation says."""
    said = {url.strip(): expected.strip() for url, _, expected in (line.rpartition("  ") for line in URLS)}
    assert {url: shown(url) for url in said} == said
    assert len(said) == len(URLS)


@pytest.mark.parametrize(
    ("url", "what", "reason"),
    [
        ("${file:/opt/db.properties:url}", "connection.url", "is a reference"),
        ("jdbc:${env:DRIVER}://h/shop", "connection.url", "names no JDBC driver"),
        ("jdbc:postgresql://h/${file:/opt/db.properties:db}", "connection.url", "its database is a reference"),
        ("jdbc:sqlserver://h;databaseName=${env:DB}", "connection.url", "its database is a reference"),
        ("jdbc:postgresql://h/shop?currentSchema=${env:S}", "connection.url", "its schema is a reference"),
        ("jdbc:weird://h/db", "connection.url", "no rule for JDBC driver weird"),
        ("mysql://h/db", "connection.url", "is no JDBC URL"),
        ("", "connection.url", "is no JDBC URL"),
        ("jdbc:", "connection.url", "names no JDBC driver"),
    ],
)
def test_what_cannot_be_known(url: str, what: str, reason: str):
    """A URL that hides its driver, database or schema is unresolved, with the reason."""
    found = parse_jdbc_url(url)
    assert isinstance(found, Unresolved)
    assert found.what == what
    assert reason in found.reason


@pytest.mark.parametrize(
    "url",
    [
        "jdbc:postgresql://h/shop?user=S3CR3T&password=S3CR3T&currentSchema=crm",
        "jdbc:sqlserver://h:1433;databaseName=shop;user=u;password={S3CR3T;x}",
        "jdbc:mysql://u:S3CR3T@h/shop",
        "jdbc:mysql://u:S3CR3T/S3CR3T@h/shop",
        "jdbc:mysql://u:x/S3CR3T/y@h/shop",
        "jdbc:oracle:thin:scott/S3CR3T@//h:1521/svc",
        "jdbc:oracle:thin:scott/S3CR@S3CR3T@h:1521:x",
        "jdbc:db2://h:50000/S:user=u;password=S3CR3T;",
        "jdbc:teradata://h/USER=u,PASSWORD=S3CR3T,DATABASE=d",
        "jdbc:bigquery://https://x:443;ProjectId=p;OAuthPvtKey=S3CR3T",
        "jdbc:S3CR3T/S3CR3T",
        "S3CR3T",
    ],
)
def test_no_secret_comes_out(url: str):
    """Neither the value nor the reason holds what stands in a URL beside host, database and schema."""
    assert "S3CR3T" not in repr(parse_jdbc_url(url))


def test_several_schemas_are_no_schema():
    """A search path of several schemas is told apart from no search path."""
    found = parse_jdbc_url("jdbc:postgresql://h/shop?currentSchema=crm,public")
    assert isinstance(found, JdbcUrl)
    assert (found.schema, found.search_path) == (None, True)


def test_properties_beside_the_url():
    """What a connector hands to the driver counts where the URL says nothing."""
    beside = {"databaseName": "a", "password": "S3CR3T"}
    assert parse_jdbc_url("jdbc:sqlserver://h", beside) == JdbcUrl(
        "mssql", "h", database="a", parameters={"databasename": "a"}
    )
    found = parse_jdbc_url("jdbc:sqlserver://h;databaseName=b", beside)
    assert isinstance(found, JdbcUrl)
    assert found.database == "b"


def test_every_product_is_a_platform_with_rules():
    """A driver that leads to a platform without naming rules could not name a dataset."""
    assert {product.platform for product in PRODUCTS.values()} <= set(PLATFORMS)


@given(
    st.sampled_from(sorted(PRODUCTS)),
    st.text(alphabet="ab1:/@?;=&,.()[]{}$%\\#\"' -\n", max_size=40),
)
@tries(300)
def test_any_text_has_an_answer(product: str, rest: str):
    """Whatever follows the driver's name, there is an answer and never an exception."""
    for url in (f"jdbc:{product}:{rest}", f"jdbc:{product}://{rest}", rest):
        assert isinstance(parse_jdbc_url(url), JdbcUrl | Unresolved)
