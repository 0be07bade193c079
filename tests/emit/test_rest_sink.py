"""`datahub-rest` against a GMS that fails in every way: what was not acknowledged is known, and time is bounded."""

from __future__ import annotations

import json
import logging
import re
import shutil
import ssl
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from kc_lineage_dagster.emit.aspects import Proposal
from kc_lineage_dagster.emit.checkpoint import read_checkpoint
from kc_lineage_dagster.emit.existence import existence
from kc_lineage_dagster.emit.patience import Patience
from kc_lineage_dagster.emit.sinks import open_sink
from kc_lineage_dagster.errors import SinkError
from tests.connect.stand_in import DRIPS, ConnectStandIn, self_signed
from tests.emit import gms as faults
from tests.emit.gms import Gms
from tests.emit.samples import cluster, emit, flat, state_in
from tests.tries import first_of, quick_if

TOKEN = "eyJ-very-secret-token"


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def patience(self) -> Patience:
        return Patience(clock=lambda: self.now, sleep=self.sleep)


@pytest.fixture
def gms():
    with Gms() as served:
        yield served


@pytest.fixture
def clock():
    return Clock()


def sink_for(gms, clock, **config):
    return open_sink(
        "datahub-rest",
        {"server": gms.url, "token": TOKEN, **config},
        run_id="run-1",
        pipeline_name="p",
        patience=clock.patience(),
    )


def send(gms, clock, proposals, **config):
    taken: list[Proposal] = []
    sink = sink_for(gms, clock, **config)
    report = sink.send(proposals, taken.extend) + sink.close()
    assert report.sent == len(taken)
    assert {(p.urn, p.aspect_name) for p in taken} <= set(gms.aspects), "acknowledged but not stored"
    assert len(taken) + len(report.failed) == len(proposals)
    assert sum(report.causes.values()) >= len(report.failed)
    assert TOKEN not in repr(report)
    return report


def test_everything_is_written_in_batches_and_acknowledged(gms, clock):
    """Synchronous writes of up to 200, with the recipe's token, stamped with the run for `datahub ingest rollback`."""
    proposals = flat(cluster(50))
    report = send(gms, clock, proposals)
    assert report.ok
    assert gms.aspects == {(p.urn, p.aspect_name): p.aspect for p in proposals}
    assert gms.requests["writes"] == -(-len(proposals) // 200)
    assert gms.requests["GET /config"] == 1
    assert {(one["runId"], one["pipelineName"]) for one in gms.system.values()} == {("run-1", "p")}
    assert {one["Authorization"] for one in gms.headers} == {f"Bearer {TOKEN}"}
    assert clock.now == 0


def test_the_open_api_endpoint_is_honoured(gms, clock):
    """`endpoint: openapi` of the recipe decides where proposals are sent."""
    proposals = flat(cluster(3))
    assert send(gms, clock, proposals, endpoint="OPENAPI").ok
    assert set(gms.aspects) == {(p.urn, p.aspect_name) for p in proposals}


def test_a_smaller_batch_of_the_recipe_is_honoured(gms, clock):
    """`max_per_batch` of the recipe bounds a request."""
    assert send(gms, clock, flat(cluster(5)), max_per_batch=10).ok
    assert gms.requests["writes"] == 4


@pytest.mark.slow
def test_batches_are_bounded_in_bytes_too(gms, clock):
    """200 flows with huge configurations are not one request."""
    huge = [
        Proposal(
            f"urn:li:dataFlow:(kafka-connect,c{at},PROD)",
            "dataFlow",
            "dataFlowInfo",
            {"name": "c", "customProperties": {str(key): "x" * 2_000 for key in range(100)}},
        )
        for at in range(50)
    ]
    assert send(gms, clock, huge).ok
    assert gms.requests["writes"] == 3


def test_a_gms_that_is_down_costs_a_minute_in_all(gms, clock):
    """However many batches there are; nothing is lost from the report, one line says why."""
    gms.stop()
    report = send(gms, clock, flat(cluster(12)), max_per_batch=20)
    assert report.sent == 0
    [cause] = report.causes
    assert cause.startswith(f"{gms.url} cannot be reached: Connection refused; is it running")
    assert clock.now <= 60


def test_a_gms_that_dies_half_way_costs_a_minute_in_all(gms, clock):
    """An outage costs a minute in all, and what GMS acknowledged before counts."""
    gms.fault = faults.dies_after(3)
    report = send(gms, clock, flat(cluster(12)), max_per_batch=20)
    assert report.sent == 60
    assert len(report.causes) <= 2  # the connection that broke, and those that were refused
    assert 15 < clock.now <= 60


@pytest.mark.parametrize("status", first_of([503, 429, 500, 502, 504]))
def test_a_passing_trouble_is_waited_out(gms, clock, status):
    """The statuses DataHub retries are retried, with growing waits."""
    gms.fault = faults.answers(status, times=3)
    assert send(gms, clock, flat(cluster(20))).ok
    assert clock.now == 1 + 2 + 4


def test_retry_after_is_obeyed(gms, clock):
    """A Retry-After is waited for as long as it is within the time that retries may take."""
    gms.fault = faults.answers(429, times=1, retry_after=20)
    assert send(gms, clock, flat(cluster(2))).ok
    assert clock.now == 20
    gms.fault = faults.answers(429, retry_after=3600)
    before = clock.now
    assert not send(gms, clock, flat(cluster(2))).ok
    assert clock.now == before


def test_retry_after_may_be_a_date(gms, clock):
    """Proxies answer 429 with the moment from which requests are taken again (RFC 9110, 10.2.3)."""
    moment = datetime.now(timezone.utc) + timedelta(seconds=30)
    gms.fault = faults.answers(429, times=1, retry_after=format_datetime(moment, usegmt=True))
    assert send(gms, clock, flat(cluster(2))).ok
    assert 20 < clock.now <= 30


def test_an_answer_that_breaks_off_is_said_to(gms, clock):
    """A connection that ends in the middle of an acknowledgement is named as that, without the library's words."""
    half = (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{", b"")
    gms.fault = lambda request: faults.Answer(drip=half) if request.number else None
    assert list(send(gms, clock, flat(cluster(2))).causes) == [
        f"{gms.url} breaks the connection in the middle of its answer"
    ]


def test_a_gms_that_is_back_within_the_minute_gets_the_rest(gms, clock):
    """The batches that ran out of retries are kept for the next run, the others are not lost with them."""
    gms.fault = lambda request: faults.Answer(503) if request.number and clock.now < 40 else None
    report = send(gms, clock, flat(cluster(12)), max_per_batch=20)
    assert report.sent == 96 - 2 * 20
    assert clock.now <= 60


@pytest.mark.parametrize("status", first_of([429, 500, 503]))
def test_a_lasting_trouble_ends_within_a_minute(gms, clock, status):
    """A lasting trouble is one line per cause, and the next run sends all that failed."""
    gms.fault = faults.answers(status)
    report = send(gms, clock, flat(cluster(12)), max_per_batch=20)
    assert report.sent == 0
    assert list(report.causes) == [f"{gms.url} answers {status}{': not now' if status == 500 else ''}"]
    assert clock.now <= 60


@pytest.mark.slow
def test_a_busy_gms_is_not_a_dead_one(gms, clock):
    """Every second write is put off, and yet all of it arrives, though the waits add up to more than a minute."""
    gms.fault = lambda request: faults.Answer(429) if request.number % 2 else None
    assert send(gms, clock, flat(cluster(80)), max_per_batch=5).ok
    assert clock.now > 60


def test_resets_are_retried(gms, clock):
    """Also when the write had taken effect: it is whole-aspect, so twice is once."""
    gms.fault = faults.resets(2, stored=True)
    assert send(gms, clock, flat(cluster(20))).ok
    assert max(gms.writes.values()) == 3


def test_the_retries_of_the_recipe_are_honoured(gms, clock):
    """`retry_max_times` and `retry_status_codes` of the recipe decide."""
    gms.fault = faults.answers(503)
    assert not send(gms, clock, flat(cluster(1)), retry_max_times=1).ok
    assert gms.requests["writes"] == 2
    assert not send(gms, clock, flat(cluster(1)), retry_status_codes=[429]).ok
    assert gms.requests["writes"] == 3


@pytest.mark.parametrize("status", first_of([400, 422, 500]))
def test_rejected_proposals_do_not_take_their_batch_along(gms, clock, status):
    """Bisecting isolates the bad ones, wherever they are; the reason is GMS's own."""
    gms.fault = faults.rejects("c0033,", status)
    wanted = cluster(60)
    report = send(gms, clock, flat(wanted))
    assert {p for p, _ in report.failed} == set(wanted["c0033"])
    assert list(report.causes) == [f"{gms.url} answers {status}: Failed to validate urn:li:..."]
    assert "c0033" in report.failed[0][1]
    assert clock.now <= 60


@pytest.mark.slow
def test_a_gms_that_rejects_everything_is_soon_left_alone(gms, clock):
    """A server too old for an aspect is not asked for every one of 160,000 proposals."""
    gms.fault = faults.rejects("")
    report = send(gms, clock, flat(cluster(200)))
    assert report.sent == 0
    assert gms.requests["writes"] < 500


def test_a_urn_that_datahub_does_not_take_fails_alone(gms, clock):
    """A record whose URN has more than 512 bytes fails, and the others are written."""
    long = Proposal(f"urn:li:dataFlow:(kafka-connect,{'x' * 600},PROD)", "dataFlow", "status", {"removed": False})
    report = send(gms, clock, (long, *flat(cluster(20))))
    assert [p for p, _ in report.failed] == [long]


def test_html_with_200_is_a_failure(gms, clock):
    """A login page or a proxy acknowledges nothing."""
    gms.fault = faults.html()
    report = send(gms, clock, flat(cluster(2)))
    assert report.sent == 0
    assert "page instead of JSON" in next(iter(report.causes))
    gms.fault = lambda request: faults.Answer(200, faults.HTML, "text/html")  # /config as well
    assert "page instead of JSON" in next(iter(send(gms, clock, flat(cluster(2))).causes))


def test_an_address_that_is_no_gms_is_sent_nothing(gms, clock):
    """The frontend answers /config too, and would take proposals with 200."""
    gms.config = {"config": {"application": "datahub-frontend"}}
    report = send(gms, clock, flat(cluster(2)))
    assert "is not a DataHub GMS" in next(iter(report.causes))
    assert gms.requests["writes"] == 0


def test_wrong_credentials_are_not_retried(gms, clock):
    """Wrong credentials cost one request and are told in one line without the token."""
    gms.fault = faults.everything(401)
    report = send(gms, clock, flat(cluster(12)), max_per_batch=20)
    assert list(report.causes) == [f"{gms.url} answers 401; is sink.config.token right, and has it not expired?"]
    assert sum(gms.requests.values()) == 1


def test_no_cause_tells_the_token(gms, clock, caplog):
    """The error of a server that repeats what it was sent does not hold the token."""
    caplog.set_level(logging.INFO)
    gms.fault = lambda request: faults.Answer(400, f'{{"message": "bad Authorization: Bearer {TOKEN}"}}')
    echoed = send(gms, clock, flat(cluster(1)))
    assert "Authorization: ***" in next(iter(echoed.causes)) or "Bearer ***" in next(iter(echoed.causes))
    assert TOKEN not in f"{echoed} {caplog.text}"


def test_white_space_around_a_token_is_no_part_of_it(gms, clock):
    """What a mounted file or `$(cat ...)` leaves at the end is taken off, of headers too."""
    proposals = flat(cluster(1))
    assert send(gms, clock, proposals, token=f"{TOKEN}\r\n", extra_headers={"X-Own": " own\n"}).ok
    assert {(one["Authorization"], one["X-Own"]) for one in gms.headers} == {(f"Bearer {TOKEN}", "own")}


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"token": f"a\n{TOKEN}"}, "sink.config.token"),
        ({"token": f"a\0{TOKEN}"}, "sink.config.token"),
        ({"token": f"ä{TOKEN}"}, "sink.config.token"),
        ({"extra_headers": {"X-Own": f"a\r\nX-Other: {TOKEN}"}}, "sink.config.extra_headers.X-Own"),
        ({"extra_headers": {f"X-Own\r\n{TOKEN}": "b"}}, "the name of one of sink.config.extra_headers"),
    ],
)
def test_what_no_header_can_hold_is_refused_by_field(gms, config, field):
    """One line that names the field and not the value, before anything is sent."""
    with pytest.raises(SinkError) as error:
        open_sink("datahub-rest", {"server": gms.url, **config}, run_id="r")
    assert str(error.value) == (
        f"sink datahub-rest: {field} holds a line break or another character that HTTP forbids in a header"
    )
    assert TOKEN not in f"{error.value!r} {error.value.__cause__!r} {error.value.__context__!r}"


@pytest.mark.parametrize("server", ["http://a..b:80", "http://" + "a" * 70, f"http://u:{TOKEN}@{'x' * 70}.example"])
def test_a_host_that_nobody_can_look_up_is_one_line(clock, server):
    """An unknown host is one line, also where the HTTP library raises an error of its own."""
    sink = open_sink("datahub-rest", {"server": server}, run_id="r", patience=clock.patience())
    assert "the name of its host cannot be looked up" in sink.check()
    report = sink.send(flat(cluster(1)), lambda _: None)
    assert report.sent == 0
    assert TOKEN not in f"{report} {sink.check()}"


def test_a_server_with_white_space_inside_is_refused(gms, clock):
    """White space inside an address is refused; around an address it is no part of it."""
    assert send(gms, clock, flat(cluster(1)), server=f" {gms.url}\n").ok
    with pytest.raises(SinkError, match=r"sink\.config\.server holds white space") as error:
        open_sink("datahub-rest", {"server": f"{gms.url}\r\nX: {TOKEN}"}, run_id="r")
    assert TOKEN not in str(error.value)


@pytest.mark.parametrize("status", first_of([307, 301, 302, 303, 308]))
def test_a_redirect_is_followed_by_nothing(gms, clock, status):
    """A redirected write is no acknowledgement, and neither body nor headers go where it leads."""
    with Gms() as other:
        place = (("Location", f"{other.url}/aspects?action=ingestProposalBatch&secret=1"),)
        gms.fault = lambda request: faults.Answer(status, "{}", headers=place) if request.number else None
        report = send(gms, clock, flat(cluster(60)), extra_headers={"X-Api-Key": "own"})
        assert report.sent == 0
        assert list(report.causes) == [f"{gms.url} redirects to {other.url}; make that the server if it is the GMS"]
        assert sum(other.requests.values()) == 0
        gms.fault = lambda _: faults.Answer(status, "{}", headers=place)
        sink = sink_for(gms, clock, extra_headers={"X-Api-Key": "own"})
        assert "redirects to" in sink.check()
        assert sink.look(["urn:li:dataFlow:(kafka-connect,a,PROD)"]).missing == frozenset()
        assert existence(sink.emitter, ["urn:li:dataset:(urn:li:dataPlatform:kafka,a,PROD)"]).problem
        with pytest.raises(SinkError):
            read_checkpoint(sink.emitter, "p")
        assert sum(other.requests.values()) == 0


ODD = [
    '{"errors": ["no"]}',
    '{"status": 500}',
    '{"status": 500, "message": "no"}',
    '{"value": "x", "error": "no"}',
    "[]",
    "[1]",
    '[{"errors": []}]',
    '"ok"',
    "null",
    "true",
    "",
    " ",
]


@pytest.mark.parametrize("body", ODD)
@pytest.mark.parametrize("endpoint", ["RESTLI", "OPENAPI"])
def test_a_200_that_no_gms_gives_is_no_acknowledgement(gms, clock, body, endpoint):
    """An answer of whatever stands before GMS acknowledges nothing."""
    gms.fault = lambda request: faults.Answer(200, body) if request.number else None
    report = send(gms, clock, flat(cluster(1)), endpoint=endpoint, retry_max_times=1)
    assert report.sent == 0
    assert "no acknowledgement of a GMS" in next(iter(report.causes))


@pytest.mark.parametrize("drip", quick_if(DRIPS, {"headers", "chunks"}))
def test_a_gms_that_drips_is_an_outage(gms, clock, drip):
    """Connecting and answering end by timeout_sec each, however little arrives at a time."""
    gms.fault = lambda _: faults.Answer(drip=DRIPS[drip])
    report = send(gms, clock, flat(cluster(1)), timeout_sec=0.2, retry_max_times=0)
    [cause] = report.causes
    # the time may be over before a busy machine has connected
    outage = re.compile(f"{re.escape(gms.url)} (does not answer within its time limit|cannot be reached)")
    assert outage.match(cause)
    sink = sink_for(gms, clock, timeout_sec=0.2)
    assert outage.search(sink.check())
    assert existence(sink.emitter, ["urn:li:dataset:(urn:li:dataPlatform:kafka,a,PROD)"]).problem


@pytest.mark.parametrize("of", first_of(["/aspects", "/config"]))
def test_a_gms_that_answers_without_end_is_an_outage(gms, clock, of):
    """An answer of more than 64 MiB, which GMS never gives, is an outage."""
    gms.fault = lambda request: faults.Answer(drip=faults.FLOOD) if of in request.path else None
    report = send(gms, clock, flat(cluster(1)), retry_max_times=0)
    assert list(report.causes) == [f"{gms.url} answers more than 64 MiB"]


@pytest.mark.parametrize("endpoint", ["RESTLI", "OPENAPI"])
@pytest.mark.parametrize("fault", [faults.everything(500), lambda _: faults.Answer(reset=True)])
def test_not_even_debug_lines_show_a_credential(gms, clock, caplog, fault, endpoint):
    """DataHub's emitter logs a request that failed as a command for curl, extra headers included."""
    caplog.set_level(logging.DEBUG)
    secrets = ("t0ken-of-the-test", "header-of-the-test", "user-of-the-test", "password-of-the-test")
    token, header, user, password = secrets
    server = gms.url.replace("://", f"://{user}:{password}@")
    further = {"token": token, "extra_headers": {"X-Api-Key": header}, "endpoint": endpoint, "retry_max_times": 0}
    gms.fault = lambda request: fault(request) if request.number else None
    assert not send(gms, clock, flat(cluster(1)), **further, server=server).ok
    sink = sink_for(gms, clock, **further, server=server)
    sink.read_back().read("dataFlow", {"urn:li:dataFlow:(kafka-connect,c,PROD)": ["status"]})
    assert existence(sink.emitter, ["urn:li:dataset:(urn:li:dataPlatform:kafka,a,PROD)"])
    assert "datahub.emitter.rest_emitter" in {record.name for record in caplog.records}
    assert not [secret for secret in secrets if secret in caplog.text]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_the_sinks_own_ca_counts_whatever_the_environment_says(clock, tmp_path, monkeypatch):
    """REQUESTS_CA_BUNDLE is for recipes without ca_certificate_path and disable_ssl_verification."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    pems = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pems / "cert.pem", pems / "key.pem")
    other = tmp_path / "other"
    other.mkdir()
    with ConnectStandIn({"/config": {"noCode": "true"}}, tls=context) as served:
        for bundle, own, works in (
            ("/nowhere.pem", {"ca_certificate_path": str(pems / "cert.pem")}, True),
            (str(self_signed(other) / "cert.pem"), {"ca_certificate_path": str(pems / "cert.pem")}, True),
            ("/nowhere.pem", {"disable_ssl_verification": True}, True),
            (str(pems / "cert.pem"), {"ca_certificate_path": str(other / "cert.pem")}, False),
            (str(pems / "cert.pem"), {}, True),
        ):
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
            sink = open_sink("datahub-rest", {"server": served.uri, "token": TOKEN, **own}, run_id="r")
            assert (sink.check() is None) == works, (bundle, own)
            sink.close()


def test_a_slow_gms_is_waited_for(gms, clock):
    """A GMS that takes its time is not taken for one that is down."""
    gms.fault = faults.slow(0.2)
    assert send(gms, clock, flat(cluster(30))).ok


def test_a_gms_that_does_not_answer_in_time_is_an_outage(gms, clock):
    """`timeout_sec` of the recipe says how long an answer may take."""
    gms.fault = faults.slow(60)
    report = send(gms, clock, flat(cluster(1)), timeout_sec=1, retry_max_times=0)
    assert list(report.causes) == [f"{gms.url} does not answer within its time limit"]


def test_nothing_to_send_opens_nothing(gms, clock):
    """An unchanged cluster costs no request."""
    assert send(gms, clock, ()).ok
    assert sum(gms.requests.values()) == 0


def test_a_wrong_configuration_names_the_field_and_no_value(gms):
    """A wrong field is named before anything is sent, without its value."""
    with pytest.raises(SinkError) as error:
        open_sink("datahub-rest", {"token": TOKEN, "timeout_sec": TOKEN}, run_id="r")
    assert "sink.config.server" in str(error.value)
    assert "sink.config.timeout_sec" in str(error.value)
    assert TOKEN not in f"{error.value!r} {error.value.__cause__!r}"


@pytest.mark.slow
def test_every_fault_is_made_up_for_by_the_next_run(gms, clock, tmp_path):
    """Nothing is lost, nothing acknowledged is sent twice: receipts decide what the next run sends."""
    wanted = cluster(60)
    troubles = [
        faults.dies_after(2),
        faults.answers(500),
        faults.answers(503),
        faults.resets(99),
        faults.rejects("c0058,"),
        faults.html(),
        faults.healthy,
    ]
    for trouble in troubles:
        gms.fault = trouble
        gms.requests.clear()
        report = emit(sink_for(gms, clock), state_in(tmp_path), wanted)
        assert report.ok == (trouble is faults.healthy)
        gms.stop()
        gms.start()
    assert gms.aspects == {(p.urn, p.aspect_name): p.aspect for p in flat(wanted)}
    assert set(gms.writes.values()) == {1}
    gms.requests.clear()
    assert emit(sink_for(gms, clock), state_in(tmp_path), wanted).sent == 0
    assert gms.requests["writes"] == 0


def test_each_wait_is_a_line_in_the_log_and_each_batch_one_for_whoever_asks(gms, clock, caplog):
    """A warning before each wait says why and how long; batches are logged at DEBUG; neither tells the token."""
    caplog.set_level("DEBUG", "kc_lineage_dagster.emit")
    gms.fault = faults.answers(503, times=2)
    assert send(gms, clock, flat(cluster(3))).ok
    told = [(record.levelname, record.getMessage()) for record in caplog.records if record.name.endswith(".emit")]
    warnings = [text for level, text in told if level == "WARNING"]
    assert len(warnings) == 2
    assert "answers 503" in warnings[0]
    assert "the next try follows in 1.0 s" in warnings[0]
    assert any(level == "DEBUG" and "proposals: acknowledged" in text for level, text in told)
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("held", [False, True])
def test_what_openapi_does_not_name_in_its_answer_counts_only_where_the_gms_holds_it(gms, clock, held):
    """A GMS answers 200 and drops what it does not understand; what it held already it may leave out as well."""
    proposals = flat(cluster(3))
    left_out = proposals[0].urn

    def partly(request):
        if not request.number:
            return None
        taken = [one for one in request.proposals if held or one["entityUrn"] != left_out]
        gms.store(taken)
        named = {one["entityUrn"] for one in taken} - {left_out} or {"urn:li:dataFlow:(kafka-connect,other,PROD)"}
        return faults.Answer(200, json.dumps([{"urn": urn} for urn in named]))

    gms.fault = partly
    report = send(gms, clock, proposals, endpoint="openapi")
    missing = [] if held else [one for one in proposals if one.urn == left_out]
    assert [one for one, _ in report.failed] == missing
    assert all("does not hold" in cause for cause in report.causes)
    assert max(gms.writes.values()) == 1
