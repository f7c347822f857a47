"""The way to a target: TLS is verified, a proxy is asked as HTTP has it."""

import base64
import ssl
from dataclasses import dataclass
from pathlib import Path

import pytest

from contracts.client import Address, address, proxy, tls_context
from contracts.credentials import FULL, RoleKey
from contracts.exchange import NoAnswer, Trouble
from tests.unit.contracts.answers import KEY, asked
from tests.unit.contracts.certifying import LOOPBACK, certify
from tests.unit.contracts.loopback import OK, Peer, Script, answering, response, serving
from tests.unit.contracts.surroundings import Surroundings
from tests.unit.contracts.wiring import Wired, trouble_of


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate for loopback that nobody trusts, and its key, in one file and apart."""

    certificate: Path
    whole: Path

    def server(self, *, asks_client: bool = False) -> ssl.SSLContext:
        """What a server needs to be this one."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.whole)
        if asks_client:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.certificate)
        return context


def made(directory: Path, names: str = LOOPBACK) -> Pair:
    """A pair for these names; skips where it cannot be made."""
    key, certificate, whole = (directory / name for name in ("key.pem", "cert.pem", "pair.pem"))
    if not certify(key=key, certificate=certificate, names=names):
        pytest.skip("the openssl command is missing")
    whole.write_bytes(key.read_bytes() + certificate.read_bytes())
    return Pair(certificate, whole)


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """A certificate for localhost and 127.0.0.1."""
    return made(tmp_path_factory.mktemp("tls"))


def encrypted(context: ssl.SSLContext, then: Script) -> Script:
    """The same in TLS."""
    return lambda peer: then(peer.encrypt(context))


# --- TLS --------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_certificate_of_the_bundle_is_trusted(wired: Wired, pair: Pair, host: str) -> None:
    with serving(encrypted(pair.server(), answering(OK))) as server:
        url = f"https://{host}:{server.port}/v1"
        wire, _ = wired(answering(OK), base_url=url, ca_bundle=str(pair.certificate))

        exchanges = [wire.send(asked(RoleKey(FULL))) for _ in range(2)]
        assert [exchange.status for exchange in exchanges] == [200, 200]
        assert f"Host: {host}:{server.port}".encode() in server.requests[0]


def test_a_certificate_that_nobody_trusts_is_refused(wired: Wired, pair: Pair) -> None:
    with serving(encrypted(pair.server(), answering(OK))) as server:
        wire, _ = wired(answering(OK), base_url=f"https://127.0.0.1:{server.port}/v1")

        assert trouble_of(wire.send(asked(RoleKey(FULL)))) is Trouble.TLS
        assert server.requests == []
        assert wire.pace.requests == 0


def test_a_certificate_of_another_host_is_refused(wired: Wired, tmp_path: Path) -> None:
    other = made(tmp_path, "DNS:other.invalid")
    with serving(encrypted(other.server(), answering(OK))) as server:
        url = f"https://localhost:{server.port}/v1"
        wire, _ = wired(answering(OK), base_url=url, ca_bundle=str(other.certificate))

        assert trouble_of(wire.send(asked(RoleKey(FULL)))) is Trouble.TLS
        assert server.requests == []


def test_a_client_certificate_is_shown_where_it_is_configured(wired: Wired, pair: Pair) -> None:
    context = pair.server(asks_client=True)
    with serving(encrypted(context, answering(OK))) as server:
        given = {
            "base_url": f"https://127.0.0.1:{server.port}/v1",
            "ca_bundle": str(pair.certificate),
        }
        with_one, _ = wired(answering(OK), client_cert=str(pair.whole), **given)
        assert with_one.send(asked()).status == 200


def test_without_the_client_certificate_the_target_refuses(wired: Wired, pair: Pair) -> None:
    context = pair.server(asks_client=True)
    with serving(encrypted(context, answering(OK))) as server:
        url = f"https://127.0.0.1:{server.port}/v1"
        wire, _ = wired(answering(OK), base_url=url, ca_bundle=str(pair.certificate))

        assert isinstance(wire.send(asked()).answer, NoAnswer)
        assert server.requests == []


def test_plain_http_behind_https_is_a_tls_failure(wired: Wired) -> None:
    def plain(peer: Peer) -> None:
        peer.write(response(b"plain"))
        peer.hang()

    with serving(plain) as server:
        wire, _ = wired(answering(OK), base_url=f"https://127.0.0.1:{server.port}/v1")

        assert trouble_of(wire.send(asked(RoleKey(FULL)))) is Trouble.TLS


def test_every_context_verifies(surroundings: Surroundings) -> None:
    context = tls_context(surroundings.target())

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


# --- a proxy ----------------------------------------------------------------------------------

BASIC = "Basic " + base64.b64encode(b"user:p@ss:w").decode()


def test_plain_http_is_asked_for_by_its_whole_url(wired: Wired) -> None:
    with serving(answering(OK)) as through:
        there = f"http://user:p%40ss:w@127.0.0.1:{through.port}"
        wire, server = wired(answering(OK), base_url="http://target.invalid/v1", proxy=there)
        exchange = wire.send(asked(RoleKey(FULL)))

        assert exchange.status == 200
        assert server.requests == []
        (request,) = through.requests
        lines = request.decode().split("\r\n")
        assert lines[:2] == [
            "GET http://target.invalid/v1/calls HTTP/1.1",
            "Host: target.invalid",
        ]
        assert f"Proxy-Authorization: {BASIC}" in lines
        assert BASIC not in repr(exchange)


def test_a_proxy_without_user_gets_no_authorization(wired: Wired) -> None:
    with serving(answering(OK)) as through:
        there = f"http://127.0.0.1:{through.port}"
        wire, _ = wired(answering(OK), base_url="http://target.invalid:8080/v1", proxy=there)
        wire.send(asked())

        assert b"Proxy-Authorization" not in through.requests[0]
        assert through.requests[0].startswith(b"GET http://target.invalid:8080/v1/calls HTTP/1.1")


def tunnelling(context: ssl.SSLContext, answer: bytes) -> Script:
    """Be the proxy, and behind it the target."""

    def script(peer: Peer) -> None:
        peer.read()
        peer.write(answer)
        peer.encrypt(context).answer()

    return script


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 Connection established\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nProxy-Agent: x\r\n\r\n",
    ],
)
def test_https_goes_through_a_tunnel(wired: Wired, pair: Pair, answer: bytes) -> None:
    with serving(tunnelling(pair.server(), answer)) as through:
        wire, _ = wired(
            answering(OK),
            base_url="https://localhost:8443/v1",
            proxy=f"http://user:p%40ss:w@127.0.0.1:{through.port}",
            ca_bundle=str(pair.certificate),
        )
        exchange = wire.send(asked(RoleKey(FULL)))

        assert exchange.status == 200
        connect, inner = through.requests
        assert (
            connect.lower()
            == (
                f"connect localhost:8443 http/1.1\r\nhost: localhost:8443\r\n"
                f"proxy-authorization: {BASIC}\r\n\r\n"
            )
            .lower()
            .encode()
        )
        assert inner.startswith(b"GET /v1/calls HTTP/1.1\r\nHost: localhost:8443\r\n")
        assert KEY.encode() in inner
        assert KEY.encode() not in connect
        assert BASIC.encode() not in inner


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere.invalid\r\n\r\n",
        b"no http\r\n\r\n",
        b"",
    ],
    ids=["407", "502", "302", "no-http", "closed"],
)
def test_a_proxy_that_refuses_is_named(wired: Wired, answer: bytes) -> None:
    def script(peer: Peer) -> None:
        peer.answer(answer)

    with serving(script) as through:
        there = f"http://127.0.0.1:{through.port}"
        wire, _ = wired(answering(OK), base_url="https://target.invalid/v1", proxy=there)

        assert trouble_of(wire.send(asked(RoleKey(FULL)))) is Trouble.PROXY
        assert not any(KEY.encode() in request for request in through.requests)


def test_a_proxy_that_hangs_is_a_time_out(wired: Wired) -> None:
    with serving(lambda peer: peer.hang()) as through:
        there = f"http://127.0.0.1:{through.port}"
        wire, _ = wired(
            answering(OK), base_url="https://target.invalid/v1", proxy=there, timeout_s="0.2"
        )

        assert trouble_of(wire.send(asked())) is Trouble.TIMEOUT


# --- addresses --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "found", "authority", "origin"),
    [
        (
            "https://staging.example/v1",
            Address("https", "staging.example", 443, "/v1"),
            "staging.example",
            "https://staging.example",
        ),
        (
            "http://Staging.Example:80/",
            Address("http", "staging.example", 80, ""),
            "staging.example",
            "http://staging.example",
        ),
        (
            "https://h.example:80",
            Address("https", "h.example", 80, ""),
            "h.example:80",
            "https://h.example:80",
        ),
        (
            "http://[::1]:8000/v1/",
            Address("http", "::1", 8000, "/v1"),
            "[::1]:8000",
            "http://[::1]:8000",
        ),
    ],
)
def test_a_url_is_taken_apart(url: str, found: Address, authority: str, origin: str) -> None:
    assert address(url) == found
    assert (found.authority, found.origin) == (authority, origin)


@pytest.mark.parametrize(
    ("url", "host", "port", "authorization"),
    [
        ("http://proxy.example:3128", "proxy.example", 3128, ""),
        ("http://proxy.example", "proxy.example", 80, ""),
        ("http://user:p%40ss%3Aw@proxy.example:1", "proxy.example", 1, BASIC),
        ("http://user@proxy.example", "proxy.example", 80, "Basic dXNlcjo="),
        ("http://[::1]:3128", "::1", 3128, ""),
    ],
)
def test_a_proxy_is_read(
    surroundings: Surroundings, url: str, host: str, port: int, authorization: str
) -> None:
    read = proxy(surroundings.target(proxy=url))

    assert read is not None
    assert (read.host, read.port, read.authorization) == (host, port, authorization)


def test_without_a_proxy_there_is_none(surroundings: Surroundings) -> None:
    assert proxy(surroundings.target()) is None
