"""Why a server gave no answer is told by the kind of an exception, whatever its words."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing

import pytest
import requests
import urllib3

from kc_lineage_dagster.connect.wire import advice_on
from kc_lineage_dagster.emit.refusals import refusal_of
from kc_lineage_dagster.no_answer import Cause, no_answer
from tests.loopback import Handler, HeldPort, Loopback

HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{"


class Rude(Handler):
    """Treats a client as the path says."""

    def serve(self, method: str, body: bytes) -> None:
        if self.path == "/reset":
            self.reset()
        elif self.path == "/half":
            self.drip(HALF, b"")
        elif self.path == "/silent":
            self.server.ended.wait()
        else:
            self.close_connection = True


@pytest.fixture(scope="module")
def rude() -> Iterator[Loopback]:
    server = Loopback(Rude, None).begin()
    yield server
    server.end()


@pytest.mark.parametrize(
    ("path", "cause"),
    [
        ("/reset", Cause.DROPPED),
        ("/close", Cause.DROPPED),
        ("/half", Cause.CUT_OFF),
        ("/silent", Cause.SLOW),
    ],
)
def test_a_server_that_breaks_off_is_known_by_what_it_did(rude: Loopback, path: str, cause: Cause):
    """A real exchange, as requests reports it."""
    with pytest.raises(requests.RequestException) as caught:
        requests.get(f"{rude.url}{path}", timeout=0.3 if cause is Cause.SLOW else 600)
    assert no_answer(caught.value).cause is cause


def test_tls_towards_a_plain_server_is_known(rude: Loopback):
    """A server that speaks HTTP answers a TLS greeting with text."""
    with pytest.raises(requests.RequestException) as caught:
        requests.get(rude.url.replace("http:", "https:"), timeout=600)
    assert no_answer(caught.value).cause is Cause.NO_TLS


def test_a_port_where_nothing_listens_is_known_with_and_without_a_proxy():
    """The proxy is named where it is the proxy that nobody can reach."""
    with closing(HeldPort()) as unused:
        address = f"http://127.0.0.1:{unused.number}"
        for proxies, cause in (({}, Cause.NOT_LISTENING), ({"http": address}, Cause.PROXY)):
            with pytest.raises(requests.RequestException) as caught:
                requests.get(address, timeout=600, proxies=proxies)
            assert no_answer(caught.value).cause is cause
            assert no_answer(caught.value).said == "Connection refused"


def refused_certificate(code: int) -> Exception:
    inner = ssl.SSLCertVerificationError(1, "certificate verify failed")
    inner.verify_code, inner.verify_message = code, "Zertifikat abgelehnt"
    outer = requests.exceptions.SSLError("Max retries exceeded")
    outer.__cause__ = inner
    return outer


@pytest.mark.parametrize(
    ("error", "cause", "said"),
    [
        (refused_certificate(18), Cause.UNKNOWN_AUTHORITY, "Zertifikat abgelehnt"),
        (refused_certificate(62), Cause.OTHER_HOST, "Zertifikat abgelehnt"),
        (refused_certificate(10), Cause.OTHER, "Zertifikat abgelehnt"),
        (socket.gaierror(-2, "Name oder Dienst nicht bekannt"), Cause.UNKNOWN_HOST, "Name oder Dienst nicht bekannt"),
        (OSError(errno.EHOSTUNREACH, "Kein Weg zum Host"), Cause.NO_ROUTE, "Kein Weg zum Host"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "Abgelehnt"), Cause.NOT_LISTENING, "Abgelehnt"),
        (requests.ConnectTimeout(), Cause.NOT_REACHED_IN_TIME, ""),
        (requests.ConnectionError(urllib3.exceptions.ReadTimeoutError(None, "/", "x")), Cause.SLOW, ""),
        (ValueError("Connection refused, Read timed out"), Cause.OTHER, ""),
    ],
)
def test_the_kind_decides_in_whatever_language_the_system_speaks(error: Exception, cause: Cause, said: str):
    """Class and number of an exception, or of one that it came from; its words are only passed on."""
    found = no_answer(error)
    assert (found.cause, found.said) == (cause, said)


@pytest.mark.parametrize(
    "error",
    [
        refused_certificate(18),
        refused_certificate(62),
        socket.gaierror(-2, "Name oder Dienst nicht bekannt"),
        OSError(errno.ENETUNREACH, "Netz nicht erreichbar"),
        ConnectionRefusedError(errno.ECONNREFUSED, "Abgelehnt"),
    ],
)
def test_both_sides_advise_on_what_a_recipe_can_mend(error: Exception):
    """Each names the field of its own side of the recipe, or what to look at there."""
    assert advice_on(error).startswith("; ")
    cause = refusal_of(error, "http://gms:8080", ()).cause
    assert cause.startswith("http://gms:8080 cannot be reached: ")
    assert "; " in cause
