"""From settings to a document: read from disk or fetched once, at exactly its URL."""

import hashlib

import pytest

from contracts.document import DocumentError
from contracts.keyring import Keyring
from contracts.pace import Caps
from contracts.settings import Settings
from contracts.target import DocumentUnreachable, fetch_document, read_catalogue, wire_to
from tests.unit.contracts.answers import KEY
from tests.unit.contracts.documents import encoded, operations, raw
from tests.unit.contracts.loopback import OK, Peer, answering, response, serving
from tests.unit.contracts.surroundings import Surroundings

DOCUMENT = encoded(raw())


def test_without_a_document_there_is_none(surroundings: Surroundings) -> None:
    assert fetch_document(surroundings.target()) is None


def test_a_file_costs_no_request(surroundings: Surroundings) -> None:
    surroundings.file("openapi.json", DOCUMENT)

    fetched = fetch_document(surroundings.target(openapi="openapi.json"))
    assert fetched is not None
    assert (fetched.data, fetched.requests) == (DOCUMENT, 0)
    assert fetched.sha256 == hashlib.sha256(DOCUMENT).hexdigest()


def test_a_file_that_went_away_is_no_document(surroundings: Surroundings) -> None:
    path = surroundings.file("openapi.json")
    settings = surroundings.target(openapi="openapi.json")
    path.unlink()

    with pytest.raises(DocumentError, match="cannot be read"):
        fetch_document(settings)


@pytest.mark.parametrize(
    ("place", "target"),
    [
        ("/openapi.json", "/openapi.json"),
        ("/openapi/", "/openapi/"),
        ("/docs/?format=openapi&x=1", "/docs/?format=openapi&x=1"),
        ("", "/"),
        ("?format=json", "/?format=json"),
        ("/a%20b//c", "/a%20b//c"),
    ],
)
def test_the_url_is_asked_for_as_it_is_written(
    surroundings: Surroundings, place: str, target: str
) -> None:
    with serving(answering(response(DOCUMENT))) as server:
        url = f"http://127.0.0.1:{server.port}{place}"
        fetched = fetch_document(surroundings.target(openapi=url, headers='{"X-Allow": "me"}'))

        assert fetched is not None
        assert (fetched.data, fetched.requests) == (DOCUMENT, 1)
        (request,) = server.requests
        lines = request.decode().split("\r\n")
        assert lines[0] == f"GET {target} HTTP/1.1"
        assert "X-Allow: me" in lines
        assert "Accept: */*" in lines
        assert KEY not in request.decode()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (response(b"", status="404 Not Found"), "status 404"),
        (response(b"", status="401 Unauthorized"), "status 401"),
        (response(b"", "Location: /other", status="302 Found"), "status 302"),
        (b"no http\r\n\r\n", "what came back is not HTTP"),
        (response(b"{", length=9), "the answer ended before it was whole"),
    ],
)
def test_a_document_that_does_not_come_says_what_came(
    surroundings: Surroundings, answer: bytes, words: str
) -> None:
    def script(peer: Peer) -> None:
        peer.answer(answer)

    with serving(script) as server:
        url = f"http://127.0.0.1:{server.port}/openapi.json"
        with pytest.raises(DocumentUnreachable) as caught:
            fetch_document(surroundings.target(openapi=url))

        assert words in str(caught.value)
        assert len(server.requests) == 1


def catalogue(surroundings: Surroundings, data: bytes | None, **given: str) -> tuple[str, ...]:
    settings: Settings = surroundings.target(**given)
    return read_catalogue(settings, data)[0].labels


def test_without_a_document_the_catalogue_is_the_documented_call(
    surroundings: Surroundings,
) -> None:
    assert catalogue(surroundings, None) == ("GET /calls",)


def test_the_base_url_decides_which_paths_are_written_in_full(surroundings: Surroundings) -> None:
    data = encoded(raw(operations("GET /v1/calls", "GET /v1/things")))

    found = [
        catalogue(surroundings, data, base_url="https://h.example/v1"),
        catalogue(surroundings, data, base_url="https://h.example"),
    ]
    assert found == [
        ("GET /calls", "GET /things"),
        ("GET /v1/calls", "GET /v1/things"),
    ]


def test_a_document_that_cannot_be_read_is_refused(surroundings: Surroundings) -> None:
    with pytest.raises(DocumentError):
        catalogue(surroundings, b"not a document")


def test_the_wire_keeps_to_the_declared_limit(surroundings: Surroundings) -> None:
    with serving(answering(OK)) as server:
        settings = surroundings.target(
            base_url=f"http://127.0.0.1:{server.port}/v1", declared_limit="10/1s"
        )
        wire = wire_to(settings, Caps(100, 10, 60), Keyring.of(settings))

        assert wire.pace.rate_rps == pytest.approx(8)
        assert (wire.base_path, wire.origin) == ("/v1", f"http://127.0.0.1:{server.port}")
