"""The client against a real server that misbehaves: what each fault becomes."""

from __future__ import annotations

import errno
import pickle
import re
import shutil
import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from kc_lineage_dagster.connect.answers import connector_path
from kc_lineage_dagster.connect.client import ConnectClient, ConnectSettings, cloud_uri
from kc_lineage_dagster.connect.wire import advice_on
from kc_lineage_dagster.errors import (
    ConnectError,
    ConnectNotFound,
    ConnectRefused,
    ConnectUnaddressable,
    ConnectUnavailable,
)
from tests.connect import stand_in
from tests.connect.stand_in import EXPANDED, ConnectStandIn, basic, worker

CRM = worker({"crm": {"connector.class": "io.example.Source", "database.password": "hunter22"}})


@pytest.fixture
def server() -> Iterator[ConnectStandIn]:
    with ConnectStandIn(CRM) as running:
        yield running


class Sleeps(list[float]):
    """Waits nowhere and remembers how long it should have."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def client(server: ConnectStandIn, sleeps: Sleeps | None = None, **settings: Any) -> ConnectClient:
    settings = {"uri": server.uri, **settings}
    return ConnectClient(ConnectSettings(**settings), sleep=Sleeps() if sleeps is None else sleeps, jitter=lambda: 1.0)


def one_line_of(error: pytest.ExceptionInfo[ConnectError]) -> str:
    text = str(error.value)
    assert "\n" not in text
    assert "http://127.0.0.1:" in text
    return text


def test_a_listing_comes_as_the_worker_sent_it(server: ConnectStandIn) -> None:
    with client(server) as connect:
        assert connect.get(EXPANDED) == CRM[EXPANDED]
        assert connect.get("/connectors/crm")["name"] == "crm"


@pytest.mark.parametrize(
    "fault",
    [
        stand_in.status(408, times=3),
        stand_in.status(409, times=3, message="Cannot complete request momentarily due to stale configuration"),
        stand_in.status(429, times=3),
        stand_in.status(500, times=3, message="Request cannot be completed because a rebalance is expected"),
        stand_in.status(500, times=2, message="Request timed out"),
        stand_in.status(502, times=3),
        stand_in.status(503, times=3),
        stand_in.status(504, times=3),
        stand_in.reset(times=3),
        stand_in.truncated(times=3),
        stand_in.html(times=2),
        stand_in.body(b'{"crm": {"info"', times=2),
        stand_in.body(b"", times=2),
        stand_in.body(b'{"error_code": 409, "message": "a rebalance is in progress"}', times=3),
    ],
    ids=[
        "408",
        "409",
        "429",
        "500 rebalance",
        "500",
        "502",
        "503",
        "504",
        "reset",
        "cut connection",
        "HTML",
        "cut JSON",
        "nothing",
        "200 with an error",
    ],
)
def test_a_passing_fault_is_tried_again_until_the_worker_answers(server: ConnectStandIn, fault: stand_in.Fault) -> None:
    times = fault.times
    server.fault(EXPANDED, fault)
    sleeps = Sleeps()
    with client(server, sleeps) as connect:
        assert connect.get(EXPANDED) == CRM[EXPANDED]
    assert len(server.requests) == 1 + (times or 0)
    assert sleeps == [0.25, 0.5, 1.0][: times or 0]


@pytest.mark.parametrize(
    ("fault", "kind", "tries", "words"),
    [
        (stand_in.status(401), ConnectRefused, 1, "check username and password"),
        (stand_in.status(403), ConnectRefused, 1, "right to read"),
        (stand_in.status(404), ConnectNotFound, 1, "check the path"),
        (stand_in.status(400, message="no"), ConnectUnaddressable, 1, "answered 400 (no)"),
        (stand_in.status(409), ConnectUnavailable, 7, "answered 409"),
        (stand_in.status(500, message="boom\nat x"), ConnectUnavailable, 3, "answered 500 (boom at x)"),
        (stand_in.status(503), ConnectUnavailable, 7, "tried 7 times"),
        (stand_in.reset(), ConnectUnavailable, 7, "Connection reset"),
        (stand_in.html(), ConnectUnavailable, 3, "HTML instead of JSON"),
        (stand_in.truncated(), ConnectUnavailable, 7, "the connection broke"),
        (stand_in.body(b"{"), ConnectUnavailable, 3, "no complete JSON"),
        (stand_in.body(b"[" * 200_000), ConnectUnavailable, 3, "no complete JSON"),
        (stand_in.body(b'"\xff"'), ConnectUnavailable, 3, "no complete JSON"),
        (stand_in.redirect("/connectors/"), ConnectUnavailable, 1, "redirects in a row"),
        (stand_in.redirect("http://["), ConnectUnavailable, 1, "redirects to"),
        (stand_in.body(b"x" * 10, code=302), ConnectUnavailable, 1, "answered 302"),
    ],
)
def test_a_lasting_fault_ends_in_one_line_that_says_what_and_where(
    server: ConnectStandIn, fault: stand_in.Fault, kind: type[ConnectError], tries: int, words: str
) -> None:
    server.fault(EXPANDED, fault)
    server.fault("/connectors", fault)
    with client(server) as connect, pytest.raises(kind) as caught:
        connect.get(EXPANDED)
    assert words in one_line_of(caught)
    assert "a login page" in str(caught.value) or "<html" not in str(caught.value)
    assert len([target for target in server.targets if "expand" in target]) == tries


def test_null_is_an_answer_and_left_to_the_caller(server: ConnectStandIn) -> None:
    server.fault(EXPANDED, stand_in.null())
    with client(server) as connect:
        assert connect.get(EXPANDED) is None


@pytest.mark.parametrize(
    ("given", "waited"),
    [
        ("7", 7.0),
        ("0", 0.25),
        ("-5", 0.25),
        ("soon", 0.25),
        ("86400", 60.0),
        ("9" * 400, 0.25),
        (format_datetime(datetime.now(timezone.utc) - timedelta(hours=1)), 0.25),
        (format_datetime(datetime.now(timezone.utc) + timedelta(hours=1)), 60.0),
    ],
    ids=["seconds", "none", "negative", "a word", "a day", "no number of a computer", "an hour ago", "in an hour"],
)
def test_retry_after_is_honoured_within_a_minute(server: ConnectStandIn, given: str, waited: float) -> None:
    server.fault(EXPANDED, stand_in.status(429, times=1, retry_after=given))
    sleeps = Sleeps()
    with client(server, sleeps) as connect:
        connect.get(EXPANDED)
    assert sleeps == [waited]


def test_an_unanswered_request_ends_after_its_time_limit(server: ConnectStandIn) -> None:
    server.fault(EXPANDED, stand_in.delay(60))
    with client(server, request_timeout=0.1, retries=1) as connect, pytest.raises(ConnectUnavailable) as caught:
        connect.get(EXPANDED)
    assert "no answer within 0.1 s (tried 2 times)" in one_line_of(caught)


@pytest.mark.parametrize("drip", stand_in.DRIPS)
def test_whatever_drips_ends_by_the_time_limit_of_a_request(server: ConnectStandIn, drip: str) -> None:
    server.fault(EXPANDED, stand_in.drip(*stand_in.DRIPS[drip]))
    with client(server, request_timeout=0.3, retries=1) as connect, pytest.raises(ConnectUnavailable) as caught:
        connect.get(EXPANDED)
    # on a busy machine even a dripping server is silent for a while
    assert re.search(r"(too slowly \(request_timeout\)|no answer within 0\.3 s) \(tried 2 times\)", one_line_of(caught))


@pytest.mark.slow
def test_a_flood_of_100_continue_ends_by_the_time_limit(server: ConnectStandIn) -> None:
    server.fault(EXPANDED, stand_in.drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, seconds=0))
    with client(server, request_timeout=0.3, retries=0) as connect, pytest.raises(ConnectUnavailable) as caught:
        connect.get(EXPANDED)
    assert re.search("too slowly|no answer within", one_line_of(caught))


def test_the_next_request_has_a_time_limit_of_its_own(server: ConnectStandIn) -> None:
    server.fault(EXPANDED, stand_in.drip(*stand_in.DRIPS["headers"], times=2))
    with client(server, request_timeout=0.3) as connect:
        assert connect.get(EXPANDED) == CRM[EXPANDED]
        assert connect.get(EXPANDED) == CRM[EXPANDED]


def test_an_answer_that_trickles_in_ends_after_the_time_limit_too(server: ConnectStandIn) -> None:
    server.fault(EXPANDED, stand_in.trickle())
    with client(server, request_timeout=0.2, retries=0) as connect, pytest.raises(ConnectUnavailable) as caught:
        connect.get(EXPANDED)
    assert re.search("too slowly|no answer within", one_line_of(caught))


def test_the_total_time_limit_stops_all_further_requests(server: ConnectStandIn) -> None:
    clock = [0.0]

    def sleep(seconds: float) -> None:
        clock[0] += seconds

    server.fault(EXPANDED, stand_in.status(503))
    settings = ConnectSettings(server.uri, total_timeout=3.0)
    with ConnectClient(settings, sleep=sleep, jitter=lambda: 1.0, clock=lambda: clock[0]) as connect:
        with pytest.raises(ConnectUnavailable, match="answered 503"):
            connect.get(EXPANDED)
        assert clock[0] <= 3.0
        clock[0] = 3.5
        seen = len(server.requests)
        with pytest.raises(ConnectUnavailable, match="total time limit of 3 s"):
            connect.get("/connectors/crm")
        assert len(server.requests) == seen


def test_a_worker_that_stays_down_is_not_asked_many_times_for_every_connector(server: ConnectStandIn) -> None:
    for number in range(30):
        server.fault(f"/connectors/c{number}", stand_in.status(503))
    with client(server, retries=3) as connect:
        for number in range(30):
            with pytest.raises(ConnectUnavailable):
                connect.get(connector_path(f"c{number}"))
        assert len(server.requests) == 16 * 4 + 14
        assert connect.get("/connectors/crm")["name"] == "crm"


@pytest.mark.parametrize("compressed", [False, True])
def test_an_answer_beyond_the_bound_is_not_read_to_its_end(server: ConnectStandIn, compressed: bool) -> None:
    server.fault(EXPANDED, stand_in.flood(5_000_000, compressed))
    with client(server, max_answer_bytes=100_000) as connect, pytest.raises(ConnectUnavailable) as caught:
        connect.get(EXPANDED)
    assert "longer than 100000 bytes" in one_line_of(caught)
    assert len(server.requests) == 1


def test_compressed_answers_are_read() -> None:
    with ConnectStandIn(CRM, compress=True) as server, client(server) as connect:
        assert connect.get(EXPANDED) == CRM[EXPANDED]
        assert "gzip" in server.requests[0].headers["Accept-Encoding"]


@pytest.mark.parametrize("tail", ["", "/", "//", "/?x=1", "#top"])
def test_path_prefixes_and_trailing_slashes_are_kept_apart(tail: str) -> None:
    with ConnectStandIn(CRM, prefix="/kafka/connect") as server, client(server, uri=server.uri + tail) as connect:
        assert connect.get(EXPANDED) == CRM[EXPANDED]
        assert server.targets == [f"/kafka/connect{EXPANDED}"]


def test_one_connection_serves_many_requests(server: ConnectStandIn) -> None:
    with client(server) as connect:
        for _ in range(20):
            connect.get(EXPANDED)
    assert server.connections == 1


@pytest.mark.parametrize(
    ("settings", "header"),
    [
        ({"username": "björn", "password": "p:ä"}, basic("björn", "p:ä")),
        ({"username": "api-key", "password": None}, basic("api-key", "")),
        ({"bearer_token": "abc.def"}, "Bearer abc.def"),
        ({"headers": {"Authorization": "ApiKey 1"}}, "ApiKey 1"),
    ],
)
def test_credentials_go_with_every_request(settings: dict[str, Any], header: str) -> None:
    with ConnectStandIn(CRM, authorization=header) as server, client(server, **settings) as connect:
        assert connect.get(EXPANDED) == CRM[EXPANDED]


def test_user_info_of_the_address_counts_as_basic_auth_and_is_never_shown() -> None:
    with ConnectStandIn(CRM, authorization=basic("u@x", "p/w d")) as server:
        uri = server.uri.replace("http://", "http://u%40x:p%2Fw%20d@")
        with client(server, uri=uri) as connect:
            assert connect.get(EXPANDED) == CRM[EXPANDED]
            assert connect.source == server.uri
            assert "p%2Fw" not in repr(connect) + repr(connect.settings)
        with client(server, uri=uri.replace("p%2Fw", "wrong")) as connect, pytest.raises(ConnectRefused) as caught:
            connect.get(EXPANDED)
        assert "wrong" not in str(caught.value)


def test_netrc_does_not_replace_the_recipes_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with ConnectStandIn(CRM, authorization="Bearer abc") as server, client(server, bearer_token="abc") as connect:
        assert connect.get(EXPANDED) == CRM[EXPANDED]


def test_a_redirect_to_another_host_is_refused_and_that_host_sees_nothing(server: ConnectStandIn) -> None:
    with ConnectStandIn(CRM) as other:
        for location in (other.uri + EXPANDED, other.uri.replace("http:", "") + EXPANDED):
            server.fault(EXPANDED, stand_in.redirect(location))
            settings = {"bearer_token": "abc", "headers": {"X-Api-Key": "k"}}
            with client(server, **settings) as connect, pytest.raises(ConnectUnavailable) as caught:
                connect.get(EXPANDED)
            assert "make it connect_uri" in one_line_of(caught)
        assert other.requests == []


def test_a_redirect_within_the_server_is_followed(server: ConnectStandIn) -> None:
    server.fault("/old", stand_in.redirect(EXPANDED))
    with client(server) as connect:
        assert connect.get("/old") == CRM[EXPANDED]


NAMES = [
    "a/b",
    "../../etc/x",
    "..",
    ".",
    "100%25",
    "a?b#c",
    "a b+c&d=e;f",
    "line\nbreak",
    "quote\"'`",
    "Größe-数据-🎉",
    "x" * 4096,
    "crm",
    "CRM",
    "%2E%2E",
    "<b>|*_[x](y)",
]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_reaches_the_worker_as_it_is(name: str) -> None:
    answers = worker({other: {"connector.class": other} for other in NAMES})
    with ConnectStandIn(answers) as server, client(server) as connect:
        assert connect.get(connector_path(name))["config"] == {"connector.class": name}


def test_an_error_about_a_long_name_stays_short_and_keeps_its_cause(server: ConnectStandIn) -> None:
    with client(server) as connect, pytest.raises(ConnectNotFound) as caught:
        connect.get(connector_path("n" * 4096))
    assert len(str(caught.value)) < 700
    assert "answered 404" in one_line_of(caught)


SECRET = "s3cr3t-Value"


@pytest.mark.parametrize(
    "settings",
    [
        {"username": "u", "password": SECRET},
        {"bearer_token": SECRET},
        {"headers": {"X-Token": SECRET}},
    ],
)
def test_a_worker_that_repeats_the_credentials_does_not_get_them_into_a_message(
    server: ConnectStandIn, settings: dict[str, Any]
) -> None:
    server.fault(EXPANDED, stand_in.status(400, message=f"bad header: {SECRET} and password=other-{SECRET}"))
    with client(server, **settings) as connect, pytest.raises(ConnectError) as caught:
        connect.get(EXPANDED)
    assert SECRET not in str(caught.value) + repr(caught.value) + repr(connect) + repr(connect.settings)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "uri",
    [
        "http://",
        "ftp://h/",
        "http://h:port/",
        "http://h:99999",
        "http://[::1",
        "http://u:pa ss@h:8083",
        "localhost:8083",
    ],
)
def test_an_address_nobody_can_call_is_refused_without_repeating_it(uri: str) -> None:
    with pytest.raises(ConnectError) as caught:
        ConnectSettings(uri)
    assert str(caught.value).startswith("connect_uri cannot be used: ")
    assert "pa ss" not in str(caught.value)


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\x00", "ä"])
def test_a_header_that_http_forbids_is_refused_without_its_value(value: str) -> None:
    with pytest.raises(ConnectError) as caught:
        ConnectSettings("http://h", headers={"X-Key": value})
    assert "X-Key" in str(caught.value)
    assert value not in str(caught.value)


def test_a_port_where_nobody_listens_is_named(server: ConnectStandIn) -> None:
    uri = server.uri
    server.__exit__()
    with client(server, uri=uri, retries=1) as connect, pytest.raises(ConnectUnavailable) as caught:
        connect.get(EXPANDED)
    assert "Connection refused; is the worker running" in one_line_of(caught)
    assert "(tried 2 times)" in one_line_of(caught)
    server.__enter__()


def test_an_error_says_in_fields_what_somebody_decides_by(server: ConnectStandIn) -> None:
    """Status, place and the worker's own words stand apart, so that nobody takes the message to pieces."""
    server.fault("/connectors/crm/topics", stand_in.status(404, message="Connector crm not found"))
    with client(server, retries=0) as connect, pytest.raises(ConnectNotFound) as caught:
        connect.get("/connectors/crm/topics")
    error = caught.value
    assert (error.status, error.said) == (404, "Connector crm not found")
    assert str(error) == f"{error.where}: {error.reason}"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def _refused_certificate(code: int) -> Exception:
    inner = ssl.SSLCertVerificationError(1, "certificate verify failed")
    inner.verify_code = code
    outer = requests.exceptions.SSLError("Max retries exceeded")
    outer.__cause__ = inner
    return outer


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (_refused_certificate(18), "options.connect.ca_bundle"),
        (_refused_certificate(62), "that the certificate names"),
        (_refused_certificate(10), ""),  # expired, which the certificate's own reason says
        (socket.gaierror(-2, "Name oder Dienst nicht bekannt"), "name server"),
        (OSError(errno.EHOSTUNREACH, "Kein Weg zum Host"), "a way to it"),
        (ConnectionResetError(errno.ECONNRESET, "Verbindung zurückgesetzt"), ""),
        (requests.exceptions.ProxyError(ConnectionRefusedError(errno.ECONNREFUSED, "refused")), ""),
    ],
)
def test_what_is_missing_is_told_by_kind_in_whatever_language_the_system_speaks(error: Exception, advice: str) -> None:
    """Advice hangs on the class and number of an exception, never on its words."""
    assert advice in advice_on(error)
    assert bool(advice_on(error)) == bool(advice)


def test_line_breaks_around_credentials_are_no_part_of_them(server: ConnectStandIn) -> None:
    with client(server, username="u\n", password="pw\r\n") as connect:
        connect.get(EXPANDED)
    with client(server, bearer_token=" abc\n", headers={"X-Own": "own\n"}) as connect:
        connect.get(EXPANDED)
    first, second = (seen.headers for seen in server.requests)
    assert first["Authorization"] == basic("u", "pw")
    assert (second["Authorization"], second["X-Own"]) == ("Bearer abc", "own")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"username": "u", "password": "a\nhunter2"}, "the password for http://h holds a line break"),
        ({"username": "a\nhunter2", "password": "x"}, "the username for http://h holds a line break"),
        ({"bearer_token": "a\nhunter2"}, "the header Authorization for http://h"),
        ({"headers": {"X-Own": "a\r\nX-Other: hunter2"}}, "the header X-Own for http://h"),
    ],
)
def test_line_breaks_inside_credentials_are_refused_in_one_line(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ConnectError) as caught:
        ConnectSettings("http://h", **settings)
    assert words in str(caught.value)
    assert "hunter2" not in repr(caught.value)


@pytest.mark.parametrize(
    ("given", "called"),
    [
        (None, "https://api.confluent.cloud/connect/v1/environments/env-1/clusters/lkc-2"),
        ("https://api.confluent.cloud/", "https://api.confluent.cloud/connect/v1/environments/env-1/clusters/lkc-2"),
        ("http://api.confluent.cloud", "https://api.confluent.cloud/connect/v1/environments/env-1/clusters/lkc-2"),
        (
            "https://api.confluent.cloud/connect/v1/environments/e/clusters/c",
            "https://api.confluent.cloud/connect/v1/environments/e/clusters/c",
        ),
        ("https://gateway.example/connect", "https://gateway.example/connect"),
        ("http://[bad", "http://[bad"),
    ],
)
def test_confluent_clouds_address_is_built_where_the_recipe_gives_no_other(given: str | None, called: str) -> None:
    assert cloud_uri(given, "env-1", "lkc-2") == called


@pytest.fixture(scope="session")
def pems(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1, which also serves as its own authority and as the client's."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    return stand_in.self_signed(tmp_path_factory.mktemp("tls"))


def tls_server(pems: Path) -> ConnectStandIn:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pems / "cert.pem", pems / "key.pem")
    context.load_verify_locations(pems / "cert.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    return ConnectStandIn(CRM, tls=context)


FILES = (("ca_bundle", "cert"), ("client_cert", "cert"), ("client_key", "key"))


@pytest.mark.slow
def test_drips_over_tls_end_too(pems: Path) -> None:
    with tls_server(pems) as server:
        server.fault(EXPANDED, stand_in.drip(*stand_in.DRIPS["headers"]))
        own = {name: str(pems / f"{file}.pem") for name, file in FILES}
        chosen = {"request_timeout": 0.3, "retries": 0, **own}
        with client(server, **chosen) as connect, pytest.raises(ConnectUnavailable) as caught:
            connect.get(EXPANDED)
    assert re.search("too slowly|no answer within", str(caught.value))


def test_a_ca_bundle_and_a_client_certificate_are_used(pems: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")  # the recipe's bundle comes first
    cert, key = str(pems / "cert.pem"), str(pems / "key.pem")
    with tls_server(pems) as server:
        with client(server, ca_bundle=cert, client_cert=cert, client_key=key) as connect:
            assert connect.get(EXPANDED) == CRM[EXPANDED]
        with client(server, ca_bundle=cert, retries=0) as connect, pytest.raises(ConnectUnavailable):
            connect.get(EXPANDED)


Broken = Callable[[Path], dict[str, Any]]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (lambda pems: {}, "certificate"),
        (lambda pems: {"ca_bundle": "/nowhere.pem"}, "/nowhere.pem"),
        (lambda pems: {"ca_bundle": str(pems / "cert.pem"), "client_cert": "/nowhere.pem"}, "/nowhere.pem"),
    ],
)
def test_tls_problems_are_named(pems: Path, settings: Broken, words: str) -> None:
    with tls_server(pems) as server, client(server, **settings(pems)) as connect, pytest.raises(ConnectError) as caught:
        connect.get(EXPANDED)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_each_retry_is_a_line_in_the_log_and_each_request_one_for_whoever_asks(
    server: ConnectStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    """A warning before each wait says what happened, how long it takes and how often it is tried; requests are logged
    at DEBUG; neither tells a secret, even where the worker repeats it.
    """
    caplog.set_level("DEBUG", "kc_lineage_dagster.connect")
    server.fault(EXPANDED, stand_in.status(503, times=2, message="no node for admin:hunter22-token"))
    with client(server, username="admin", password="hunter22-token") as connect:
        connect.get(EXPANDED)
    told = [(record.levelname, record.getMessage()) for record in caplog.records if "connect" in record.name]
    warnings = [text for level, text in told if level == "WARNING"]
    assert len(warnings) == 2
    assert "answered 503" in warnings[0]
    assert "try 2 of 7 follows in 0.2 s" in warnings[0]
    assert sum(level == "DEBUG" and "after" in text for level, text in told) == 3
    assert "hunter22" not in caplog.text
