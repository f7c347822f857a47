import pytest

from contracts.redaction import Redactor
from loadtests.observing import Observer
from loadtests.sending import Prepared, Sent
from loadtests.trace import CONTROL

KEY = "sk_live_9f3Kq7ZpL2vXcT5bWm8RyE4u"


def observer() -> Observer:
    redactor = Redactor()
    redactor.add("full", KEY)
    return Observer(KEY, redactor, frozenset({CONTROL}))


def answered(status: int, *headers: tuple[str, str], body: bytes = b"[]") -> Sent:
    return Sent(0.0, 0.1, status, "0", (("content-type", "application/json"), *headers), body)


def test_a_key_in_a_limit_field_is_masked() -> None:
    sent = answered(200, ("x-ratelimit-key", KEY), ("ratelimit-policy", f'"{KEY}";q=30;w=10'))

    fields = observer().fields(sent)

    assert len(fields) >= 1
    assert KEY not in str(fields)


def test_limit_fields_without_a_key_stay_as_they_came() -> None:
    limits = (("ratelimit", '"default";r=29;t=10'), ("retry-after", "3"))

    assert observer().fields(answered(429, *limits)) == limits


def test_a_fault_never_names_the_key() -> None:
    body = b'{"success":false,"message":"m","data":null,"statusCode":429,"' + KEY.encode() + b'":1}'

    fault, _ = observer().look(CONTROL, answered(429, body=body))

    assert fault
    assert KEY not in fault


@pytest.mark.parametrize("probe", [CONTROL, "of GET /agents"])
def test_every_429_is_read(probe: str) -> None:
    page = Sent(0.0, 0.1, 429, "0", (("content-type", "text/html"),), b"<h1>Slow down</h1>")

    fault, _ = observer().look(probe, page)

    assert fault.startswith("D6 media type text/html")
    assert fault.endswith("of the call of GET /agents") == (probe != CONTROL)


def test_what_is_printed_of_sender_and_observer_holds_no_key() -> None:
    """A greenlet that fails has its arguments printed."""
    prepared = Prepared("GET", f"GET / HTTP/1.1\r\nx-api-key: {KEY}\r\n\r\n".encode())

    assert KEY not in repr((observer(), prepared))
