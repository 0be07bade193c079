"""Secrets leave, everything that lineage reads stays: the tables of keys and shapes, and the laws over both."""

from __future__ import annotations

import pytest

from kc_lineage_dagster.connect.secrets.redact import redact, redact_json, redact_text, split_secrets
from kc_lineage_dagster.key_words import is_user_key
from tests.tries import some_of


def keys(text: str) -> list[str]:
    return text.split()


SECRET_KEYS = keys("""
connection.password  database.password  database.sslpassword  connection.ssl.truststorePassword  db.pwd  db_passwd
ssl.keystore.password  ssl.key.password  ssl.keystore.key  ssl.keystore.certificate.chain  sasl.jaas.config
producer.override.sasl.jaas.config  consumer.override.sasl.jaas.config  admin.override.ssl.key.password
confluent.topic.sasl.jaas.config  schema.history.internal.producer.sasl.jaas.config  kafka.sasl.jaas.config
value.converter.basic.auth.user.info  value.converter.schema.registry.basic.auth.user.info  schemaRegistryUserInfo
key.converter.schema.registry.ssl.key.password  transforms.cipher.cipher_data_keys  transforms.mask.password
snowflake.private.key  snowflake.private.key.passphrase  aws.access.key.id  aws_secret_access_key  aws.secret.access.key
s3.sse.customer.key  s3.proxy.password  azblob.account.key  azure.storage.key  azblob.sas.token
fs.azure.account.key.lake.dfs.core.windows.net  keyfile  gcs.credentials.json  gcp.credentials.json.base64
splunk.hec.token  connect.token  confluent.license  api.key  kafka.api.secret  apiKey  http.auth.header
connection.credentials  oauth2.client.secret  OAuth2Secret  salesforce.password.token  vault.secret.id  db.password.2
httpPassword  redis.auth.passcode  transforms.hash.salt  jms.session.token  github.access.token  cosmos.master.key
newrelic.license.key  database.password.old  camel.sink.endpoint.accessKey  camel.source.endpoint.secretKey
aws.secret.key.id  kinesis.credentials.provider.sts.aws.secret.key.id  azure.datalake.client.key
azure.datalake.gen2.client.key  azure.datalake.gen2.sas.key  azure.eventhubs.sas.key  azure.servicebus.sas.key
splunk.collector.authentication.tokens  aad.auth.appkey  neo4j.authentication.kerberos.ticket  http.authorization.header
rule.executors._default_.param.token.id  value.converter.rule.executors._default_.param.token.id  datadog.api.key
camel.kamelet.azure-eventhubs-sink.sharedAccessKey  camel.kamelet.twitter-search-source.apiKeySecret  bot.token
camel.kamelet.slack-sink.webhookUrl  salesforce.consumer.key  azure.loganalytics.shared.key  segment.write.key
azure.search.admin.key  backup.encryption.keys  connect.hazelcast.group.passwords  vault.tokens
connection.passWord  mysqlpass  nats.nkey  tls.pemkey  ldap.bindpw  pulsar.auth.params  ssl.key  gcp.sa.key  license
""")

HARMLESS_KEYS = keys("""
name  connector.class  tasks.max  topics  topics.regex  topic.prefix  topic.key  table.include.list  column.include.list
key.converter  value.converter  key.ignore  primary.key.mode  primary.key.fields  message.key.columns  pk.mode
tokens.max  max.tokens  partition.key  routing.key  table.field.event.key  document.key  key.enforce.uniqueness
key.subject.name.strategy  sasl.mechanism  sasl.oauthbearer.token.endpoint.url  basic.auth.credentials.source
jdbc.credentials.provider.class  aws.credentials.provider.class  gcs.credentials.path  ssl.keystore.location
ssl.keystore.type  password.encoder.cipher.algorithm  secret.name  transforms.secret.type  transforms.password.regex
transforms.token.replacement  transforms.secret.renames  predicates.password.pattern  singlestore.tableName.token
iceberg.table.db.secret.id-columns  topic.override.passwords.collection  snapshot.select.statement.overrides.db.secret
database.user  connection.username  database.dbname  database.names  schema.pattern  table.name.format
column.mask.with.10.chars  secrets.topic  passwords.table.name  snowflake.topic2table.map  kusto.tables.topics.mapping
openai.max.tokens  completion.tokens  sort.key  hash.key  record.key  row.key  foreign.key  s3.object.key  kms.key.id
topic.password_resets.ks.tbl.query  topic.password_resets.ks.tbl.mapping  message.keys  default.key  key  code  auth
bypass  encompass  license.topic  query.key.fields
""")


def test_the_value_of_a_secret_key_goes_as_a_whole() -> None:
    kept = [key for key in SECRET_KEYS if redact({key: "Hunter22"}) != {key: "<redacted>"}]
    unknown = [key for key in SECRET_KEYS if not split_secrets({key: "Hunter22"})[1] >= {"Hunter22"}]
    assert (kept, unknown) == ([], [])


def test_the_value_of_any_other_key_stays() -> None:
    value = "public.users,password"
    assert [key for key in HARMLESS_KEYS if redact({key: value}) != {key: value}] == []


@pytest.mark.parametrize(
    "value", ["", "${file:/x:y}", "${env:A}:${env:B}", "${vault:secret/data/db:pw}", "true", "FALSE"]
)
def test_a_reference_a_switch_or_nothing_is_no_secret(value: str) -> None:
    assert redact({"connection.password": value}) == {"connection.password": value}


@pytest.mark.parametrize("value", ["${env:A}x", "x${env:A}", "!!", "${env A", "123456", "null"])
def test_what_only_holds_a_reference_is_a_secret(value: str) -> None:
    assert redact({"connection.password": value}) == {"connection.password": "<redacted>"}


SHAPES = [
    ("jdbc:mysql://u:p@h:3306/librarydb?user=x&password=y", "jdbc:mysql://<redacted>@h:3306/librarydb?user=x&password=<redacted>"),
    ("jdbc:mysql://u:p@ss@h:3306/db", "jdbc:mysql://<redacted>@h:3306/db"),
    ("jdbc:mysql://u:p/a?s#s@h:3306/db?m=a@b", "jdbc:mysql://<redacted>@h:3306/db?m=a@b"),
    ("jdbc:mysql://h1:3306,h2:3306/db?email=a@b", "jdbc:mysql://h1:3306,h2:3306/db?email=a@b"),
    ("jdbc:mysql://u:p@h/a,jdbc:mysql://h/b?password=x,y", "jdbc:mysql://<redacted>@h/a,jdbc:mysql://h/b?password=<redacted>"),
    (
        "jdbc:sqlserver://h:1433;databaseName=d;user=sa;password={a;b}}c};encrypt=true",
        "jdbc:sqlserver://h:1433;databaseName=d;user=sa;password=<redacted>;encrypt=true",
    ),
    ("jdbc:sqlserver://h;password=a b c;databaseName=d", "jdbc:sqlserver://h;password=<redacted>;databaseName=d"),
    ("jdbc:oracle:thin:scott/ti@ger@//h:1521/PDB", "jdbc:oracle:thin:scott/<redacted>@//h:1521/PDB"),
    ("jdbc:oracle:thin:@h:1521:SID", "jdbc:oracle:thin:@h:1521:SID"),
    ("scott/tiger@//h:1521/X", "scott/<redacted>@//h:1521/X"),
    ("jdbc:snowflake://a.b/?db=D&private_key_file_pwd=z&role=R", "jdbc:snowflake://a.b/?db=D&private_key_file_pwd=<redacted>&role=R"),
    ("jdbc:databricks://h:443/d;UID=token;PWD=abc", "jdbc:databricks://h:443/d;UID=token;PWD=<redacted>"),
    ("jdbc:postgresql://h/db?password=${env:A}&currentSchema=tokens", "jdbc:postgresql://h/db?password=${env:A}&currentSchema=tokens"),
    ("jdbc:h2:mem:x;PASSWORD=abc;DB_CLOSE_DELAY=1", "jdbc:h2:mem:x;PASSWORD=<redacted>;DB_CLOSE_DELAY=1"),
    ("mongodb://u:pw@h1:27017,h2:27017/shop?replicaSet=r", "mongodb://<redacted>@h1:27017,h2:27017/shop?replicaSet=r"),
    ("mongodb+srv://${file:a:b}:${file:a:c}@h/shop", "mongodb+srv://${file:a:b}:${file:a:c}@h/shop"),
    ("http://u:p@a:1,http://v:q@b:2", "http://<redacted>@a:1,http://<redacted>@b:2"),
    ("https://ghp_abcdefghijklmnopqrstuvwxyz@github.com/x", "https://<redacted>@github.com/x"),
    ("u:p@es1:9200,es2:9200", "u:<redacted>@es1:9200,es2:9200"),
    (":pw@redis:6379", ":<redacted>@redis:6379"),
    ("http://[::1]:8083/x@y", "http://[::1]:8083/x@y"),
    ("https://h:9000/x@y", "https://h:9000/x@y"),
    ("abfss://cont@acc.dfs.core.windows.net/p", "abfss://cont@acc.dfs.core.windows.net/p"),
    ("https://a.b/x?sv=1&sig=ab%3D&se=2", "https://a.b/x?sv=1&sig=<redacted>&se=2"),
    ("https://a.b/x?access_token=t#top", "https://a.b/x?access_token=<redacted>#top"),
    ("https://hooks.slack.com/services/T0/B0/xyz", "https://hooks.slack.com/services/<redacted>"),
    (
        "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=abc==;EndpointSuffix=core",
        "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=<redacted>;EndpointSuffix=core",
    ),
    (
        "Endpoint=sb://n/;SharedAccessKeyName=R;SharedAccessKey=k=;EntityPath=hub",
        "Endpoint=sb://n/;SharedAccessKeyName=R;SharedAccessKey=<redacted>;EntityPath=hub",
    ),
    ('x.Scram required username="u" password="p \\" w";', 'x.Scram required username="u" password="<redacted>";'),
    ("host=h user=u password='a b' dbname=d", "host=h user=u password='<redacted>' dbname=d"),
    ("Bearer abcdef123456", "Bearer <redacted>"),
    ("Content-Type:a/b|X-Api-Key: zzz", "Content-Type:a/b|X-Api-Key: <redacted>"),
    ("AKIAABCDEFGHIJKLMNOP and more", "<redacted> and more"),
    ("eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSM", "<redacted>"),
    ("a -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- b", "a <redacted> b"),
    ("-----BEGIN PRIVATE KEY-----MIIE", "<redacted>"),
    ('{"private_key": "a\\"b", "client_email": "x"}', '{"private_key": "<redacted>", "client_email": "x"}'),
    ('{"password": 1234, "n": 1}', '{"password": "<redacted>", "n": 1}'),
    ('"{\\"password\\":\\"abc\\",\\"a\\":\\"b\\"}"', '"{\\"password\\":\\"<redacted>\\",\\"a\\":\\"b\\"}"'),
    ("https://fn.azurewebsites.net/api/x?code=abc==&n=1", "https://fn.azurewebsites.net/api/x?code=<redacted>&n=1"),
    ("https://h/x?key=abc&n=1", "https://h/x?key=<redacted>&n=1"),
    ("https://h/x?n=1&auth=abc", "https://h/x?n=1&auth=<redacted>"),
    ("https://h/x;jsessionid=ABC", "https://h/x;jsessionid=<redacted>"),
    ("https://h/x?sessionid=abc", "https://h/x?sessionid=<redacted>"),
    ("https://a.webhook.office.com/webhookb2/1@2/IncomingWebhook/3/4", "https://a.webhook.office.com/<redacted>"),
    ("https://discord.com/api/webhooks/123/abc-DEF_1", "https://discord.com/api/webhooks/<redacted>"),
    ("https://api.telegram.org/bot1234567:AAabcdefgh/sendMessage", "https://api.telegram.org/bot<redacted>/sendMessage"),
    ("https://hooks.zapier.com/hooks/catch/1/abc", "https://hooks.zapier.com/hooks/catch/<redacted>"),
    ("sftp:h?username=u&password=RAW(a&b)&x=1", "sftp:h?username=u&password=<redacted>&x=1"),
    ("aws2-s3://b?x=RAW{a)b&c}&region=r", "aws2-s3://b?x=RAW{<redacted>}&region=r"),
    ("jdbc:bigquery://https://h:443;ProjectId=p;OAuthPvtKey=abc;X=1", "jdbc:bigquery://https://h:443;ProjectId=p;OAuthPvtKey=<redacted>;X=1"),
    ("Data Source=https://c.kusto.windows.net;AppClientId=i;AppKey=abc;Authority=t", "Data Source=https://c.kusto.windows.net;AppClientId=i;AppKey=<redacted>;Authority=t"),
    ("X-A: b|X-Functions-Key:abc|C: d", "X-A: b|X-Functions-Key:<redacted>|C: d"),
    ("DD-APPLICATION-KEY: abc", "DD-APPLICATION-KEY: <redacted>"),
    ("Cookie: session=abc; id=2", "Cookie: <redacted>"),
    ("session=abc", "session=<redacted>"),
    ("<a><ns:password type='x'>abc</ns:password></a>", "<a><ns:password type='x'><redacted></ns:password></a>"),
    ("{'password': 'x', 'n': 1}", "{'password': '<redacted>', 'n': 1}"),
    ("base64:UEsDBBQACAgIAEabc", "base64:<redacted>"),
    (f"UEsDB{'aB3' * 60}", "<redacted>"),
    ("https://collectors.sumologic.com/receiver/v1/http/ZaV==", "https://collectors.sumologic.com/receiver/v1/http/<redacted>"),
    ("Basic dXNlcjpwYXNzd29yZA==", "Basic <redacted>"),
    ("basic authentication is required", "basic authentication is required"),
    ("smb://DOM;u:p@h/share", "smb://<redacted>@h/share"),
    ("--password abc --user x", "--password <redacted> --user x"),
    ("curl -u user:pass https://x", "curl -u user:<redacted> https://x"),
    ('[{"name":"apiKey","value":"abc"}]', '[{"name":"apiKey","value":"<redacted>"}]'),
    ('<add key="password" value="abc"/>', '<add key="password" value="<redacted>"/>'),
    ('<property name="password">abc</property>', '<property name="password"><redacted></property>'),
    ('<property name="table">abc</property>', '<property name="table">abc</property>'),
    ("GRANT x IDENTIFIED BY 'abc'", "GRANT x IDENTIFIED BY '<redacted>'"),
    ("/x/password_resets.txt:password_resets", "/x/password_resets.txt:password_resets"),
    ("sk-orders-of-all-customers-in-full", "sk-orders-of-all-customers-in-full"),
    ("hvs.orders_of_all_customers", "hvs.orders_of_all_customers"),
    ("sk_test_customers_of_2024", "sk_test_customers_of_2024"),
    ("ghs_orders_of_all_customers_in_full", "ghs_orders_of_all_customers_in_full"),
    ("secret:9092,token:9093", "secret:9092,token:9093"),
    ("arn:aws:secretsmanager:eu-1:1:secret/x", "arn:aws:secretsmanager:eu-1:1:secret/x"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), SHAPES, ids=[value[:40] for value, _ in SHAPES])
def test_secrets_show_by_their_shape_under_any_key(value: str, expected: str) -> None:
    assert redact({"some.thing": value}) == {"some.thing": expected}
    assert redact({"some.thing": expected}) == {"some.thing": expected}


TOKENS = [
    f"npm_{'a1' * 18}",
    f"hvs.CAESI{'aB3' * 20}",
    f"sk-proj-{'aB3' * 20}",
    f"shpat_{'a1' * 16}",
    f"ATATT3xFfGF0{'aB3' * 20}",
    f"gho_{'a1B' * 12}",
    f"dckr_pat_{'aB3' * 9}",
    f"dapi{'a1' * 16}",
    f"SG.{'a' * 22}.{'b' * 43}",
    f"pypi-{'aB3' * 20}",
    f"glpat-{'aB3' * 7}",
    f"123456789:AA{'aB3' * 11}",
    f"abc8Q~{'aB3' * 11}",
]


@pytest.mark.parametrize("token", TOKENS, ids=[token[:9] for token in TOKENS])
@pytest.mark.parametrize("key", ["some.thing", "topics", "query"])
def test_tokens_of_known_services_go_under_any_key(key: str, token: str) -> None:
    assert redact({key: f"a {token}"}) == {key: "a <redacted>"}


LINEAGE = {
    "topic2TableMap": "token=tokens,password=passwords",
    "topics.to.tables.mapping": "secret:secrets,password:passwords",
    "topic.namespace.map": '{"shop.token": "abc", "password": "pw"}',
    "kusto.tables.topics.mapping": "[{'topic':'token','db':'d','table':'secret'}]",
    "table.include.list": "public\\.(password|token=.*),secrets",
    "column.exclude.list": "inventory.users.password",
    "transforms.rename.renames": "password:pwd,token:tok",
    "transforms.route.regex": "(.*)password=(.*)@(.*)",
    "topics.dir": "lake/token=abc/x",
    "file": "/data/secret:2024/token=1",
    "query": "SELECT a.id FROM a JOIN b ON a.token=b.token WHERE a.password = b.password",
    "connect.jdbc.kcql": "INSERT INTO secret SELECT token FROM password PK id",
    "snapshot.select.statement.overrides.public.secrets": "select * from public.secrets where token = 'x'",
    "connection.url": "jdbc:postgresql://db:5432/secret?currentSchema=password&user=token",
    "database.dbname": "password",
    "transforms": "secret,password",
    "bootstrap.servers": "token:9092",
}  # fmt: skip


@pytest.mark.parametrize("key", sorted(LINEAGE))
def test_what_lineage_reads_stays_word_for_word(key: str) -> None:
    value = LINEAGE[key]
    found = redact({key: value})[key]
    assert found == value.replace("'x'", "'<redacted>'")


def test_a_statement_loses_its_literals_and_still_parses() -> None:
    statement = "SELECT id FROM users WHERE password='it''s' AND note='password=abc' AND t.token = u.token"
    assert redact({"query": statement})["query"] == (
        "SELECT id FROM users WHERE password='<redacted>' AND note='password=<redacted>' AND t.token = u.token"
    )


def test_definitions_decide_whole_values_but_a_database_urls_place_stays() -> None:
    config = {
        "connection.uri": "mongodb://u:pw@h/shop",
        "query.masked": "select 1",
        "webhook": "https://h/T0/xyz",
        "other": "x",
    }
    assert redact(config, frozenset(("connection.uri", "query.masked", "webhook"))) == {
        "connection.uri": "mongodb://<redacted>@h/shop",
        "query.masked": "<redacted>",
        "webhook": "<redacted>",
        "other": "x",
    }


def test_a_salt_in_a_key_goes_and_the_columns_stay() -> None:
    config = {
        "column.mask.hash.SHA-256.with.salt.CzQMA0cB5K": "inventory.orders.customer",
        "column.mask.hash.v2.SHA-256.with.salt.CzQMA0cB5K": "inventory.a.b",
        "column.mask.hash.SHA-256.with.salt.Other": "inventory.c.d",
    }
    clean, secrets = split_secrets(config)
    assert clean == {
        "column.mask.hash.SHA-256.with.salt.<redacted>": "inventory.orders.customer,inventory.c.d",
        "column.mask.hash.v2.SHA-256.with.salt.<redacted>": "inventory.a.b",
    }
    assert secrets == {"CzQMA0cB5K", "Other"}
    assert redact(clean) == clean


TRACES = [
    ("login Hunter22 failed", ["Hunter22"], "login <redacted> failed"),
    ("a abc b", ["abc"], "a abc b"),
    ("-----\\nMIIEabc", ["-----\nMIIEabc"], "<redacted>"),
    ('x "a\\"bcd"', ['a"bcd'], 'x "<redacted>"'),
    ("<redacted> redacted", ["redacted"], "<redacted> redacted"),
    ("Invalid password: hunter2\n\tat a.B.c(B.java:1)", [], "Invalid password: <redacted>\n\tat a.B.c(B.java:1)"),
    ("jdbc:mysql://u:p@h/db?password=x", [], "jdbc:mysql://<redacted>@h/db?password=<redacted>"),
    ("With password=abc", [], "With password=<redacted>"),
    (
        "answered 500 (bad Hunt[...]) (tried 3 times)",
        ["Hunter22"],
        "answered 500 (bad <redacted>[...]) (tried 3 times)",
    ),
    ("key MII E[...] [[...]x", ["MII\nEfgh", "[[[[x"], "key <redacted>[...] [[...]x"),
    ("a ...Zq0[...]", ["...Zq07"], "a <redacted>[...]"),
    ("\t... 23 more", ["\t\t\tx"], "\t... 23 more"),
    ("abcdabcdefgh", ["abcd", "abcdefgh"], "<redacted><redacted>"),
    ("java.net.ConnectException: h:5432", ["x"], "java.net.ConnectException: h:5432"),
    ("login with password 'hunter2' failed", [], "login with password '<redacted>' failed"),
    ("<c><password>hunter2</password></c>", [], "<c><password><redacted></password></c>"),
    ("at a%2Fb%26c%3D, a%2fb%26c%3d", ["a/b&c="], "at <redacted>, <redacted>"),
    ("x a+b%21 y", ["a b!"], "x <redacted> y"),
    ("Basic dTpIdW50ZXIyMjIy, eyJwIjoiSHVudGVyMjIyMiJ9 ok", ["Hunter2222"], "Basic <redacted>, <redacted> ok"),
    ("<v>a&lt;b&amp;c</v> a&#60;b&#38;c", ["a<b&c"], "<v><redacted></v> <redacted>"),
    ('{"v": "a\\u00e9\\"b"}', ['aé"b'], '{"v": "<redacted>"}'),
    ("HUNTER22 hunter22", ["Hunter22"], "<redacted> <redacted>"),
    ("48756e7465723232", ["Hunter22"], "<redacted>"),
    ("value HunterOfLost... is wrong", ["HunterOfLostTreasure9"], "value <redacted>... is wrong"),
    ("value HunterOfLostTr is wrong", ["HunterOfLostTreasure9"], "value <redacted> is wrong"),
    ("value Hunter… is wrong", ["HunterOfLostTreasure9"], "value <redacted>… is wrong"),
    ("ends with HunterOf", ["HunterOfLostTreasure9"], "ends with <redacted>"),
]


@pytest.mark.parametrize(("text", "secrets", "expected"), TRACES)
def test_traces_lose_known_secrets_and_secret_shapes(text: str, secrets: list[str], expected: str) -> None:
    assert redact_text(text, secrets) == expected
    assert redact_text(expected, secrets) == expected


def test_secrets_inside_a_secret_value_are_known_too() -> None:
    config = {
        "sasl.jaas.config": 'x required username="u" password="innerpw";',
        "basic.auth.user.info": "user:registrypw",
    }
    secrets = split_secrets(config)[1]
    assert redact_text("innerpw registrypw", secrets) == "<redacted> <redacted>"


def test_json_loses_secret_shapes_and_keeps_numbers_and_names() -> None:
    value = {"ns": "mongodb://u:p@h/db.coll", "table": "password", "n": [1, None, True, "token=x"]}
    assert redact_json(value) == {
        "ns": "mongodb://<redacted>@h/db.coll",
        "table": "password",
        "n": [1, None, True, "token=x"],
    }


def test_members_of_offsets_go_by_name_and_tables_keep_their_positions() -> None:
    value = {
        "password": "x",
        "access_token": "y",
        "auth": {"client_secret": "z", "pin": 1},
        "password_resets": 7,
        "db_password": 1234,
        "tables": {"secrets": {"pos": 3}},
        "told": '{"password": "x", "file": "a.b"}',
        "table": "password",
        "list": [{"token": "t"}],
    }
    assert redact_json(value) == {
        "password": "<redacted>",
        "access_token": "<redacted>",
        "auth": {"client_secret": "<redacted>", "pin": 1},
        "password_resets": 7,
        "db_password": "<redacted>",
        "tables": {"secrets": {"pos": 3}},
        "told": '{"password": "<redacted>", "file": "a.b"}',
        "table": "password",
        "list": [{"token": "<redacted>"}],
    }
    assert redact_json(redact_json(value)) == redact_json(value)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("connection.user", True),
        ("database.user", True),
        ("username", True),
        ("connection.username", True),
        ("snowflake.user.name", True),
        ("hdfs.principal", True),
        ("connectionUser", True),
        ("service.login", True),
        ("java.naming.security.principal", True),
        ("sasl.user.id", True),
        ("user.fields", False),
        ("connection.url", False),
        ("topics", False),
    ],
)
def test_user_names_are_no_secrets_and_can_be_told(key: str, expected: bool) -> None:
    assert is_user_key(key) is expected
    assert redact({key: "scott"}) == {key: "scott"}


EXPLOSIVE = [
    "a" * 133_000,
    "password=" * 13_000,
    "://" * 33_000,
    "${" * 66_000,
    "\\" * 133_000,
    "eyJ" * 33_000,
    '"a":"' * 20_000,
    '"a\\"b":' * 16_000,
    "jdbc:oracle:thin:x/" * 6_000 + "@",
    "-----BEGIN " * 10_000,
    "@" * 100_000,
    "//a:b/" * 16_000 + "@",
    "://a:x/@@" * 10_000,
    "a:b@" * 26_000,
    "x=" * 50_000,
    "select " + "'" * 100_000,
    "select " + "a" * 100_000 + " = '",
    " " * 100_000 + "=",
    "authorization " * 6_000,
    "bearer " * 13_000,
    "?password=${" * 6_000,
    ";password={" * 6_000,
    'password="' * 10_000,
    "RAW(" * 30_000,
    "<a>" * 40_000,
    "<password>" * 12_000,
    "<password " * 12_000,
    "cookie=" * 19_000,
    "password '" * 13_000,
    "token `" * 19_000,
    "Aa1" * 44_000,
    "aaaa " * 26_000,
    "A1/hooks/" * 14_000,
    "sk-a" * 33_000,
    "hvs." * 33_000,
    "base64:" * 19_000,
    "{'a':" * 26_000,
    "basic " * 22_000,
    "-u a:" * 26_000,
    "--token " * 16_000,
    'name="a" ' * 14_000,
    'key="a" value="' * 9_000,
    "abcd..." * 19_000,
]


@pytest.mark.parametrize("value", some_of(EXPLOSIVE), ids=[value[:12] for value in EXPLOSIVE])
def test_no_value_makes_the_work_explode(value: str) -> None:
    """A scan whose work grows with the square of the length takes minutes on these."""
    for text in (value,):
        redact({"some.thing": text, "some.list": text, "some.query": text})
        redact_text(text, ["abcd"])
