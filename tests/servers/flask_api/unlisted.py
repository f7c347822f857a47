"""Fifteen ways to get it wrong that no catalogue lists, each as somebody might write it."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import count

from flask import Request, Response, request

from tests.servers.flask_api.faults import fault
from tests.servers.flask_api.parts import (
    ApiKey,
    Parts,
    documented_body,
    find_equal,
    read_header,
    send_json,
)


def _matching(parts: Parts, matches: Callable[[str, str], bool]) -> Parts:
    """Compare the stored secret with the presented value in another way."""

    def find(keys: Iterable[ApiKey], presented: str) -> ApiKey | None:
        return next((key for key in keys if matches(key.secret, presented)), None)

    return replace(parts, find_key=find)


def _unguarded(parts: Parts, inside: Callable[[Request], bool]) -> Parts:
    """Let some requests in as if they had brought the first key."""

    def read(asked: Request) -> str | None:
        presented = read_header(asked)
        return parts.keys[0].secret if presented is None and inside(asked) else presented

    return replace(parts, read_key=read)


@fault("one-typo")
def one_typo_is_forgiven(parts: Parts, _: str) -> Parts:
    """A key with one wrong character is accepted: a search engine looks it up."""
    return _matching(parts, lambda a, b: len(a) == len(b) and sum(map(str.__ne__, a, b)) <= 1)


@fault("anagram")
def order_is_ignored(parts: Parts, _: str) -> Parts:
    """The characters of a key in any order are accepted: it is indexed as a set of tokens."""
    return _matching(parts, lambda a, b: sorted(a) == sorted(b))


@fault("substring")
def surroundings_are_ignored(parts: Parts, _: str) -> Parts:
    """Any text that holds a key is accepted: ``secret in header``."""
    return _matching(parts, lambda secret, presented: secret in presented)


@fault("stored-hash")
def hash_is_accepted(parts: Parts, _: str) -> Parts:
    """What the table stores is accepted too: rows from before hashing are compared as they are."""

    def matches(secret: str, presented: str) -> bool:
        return presented in {secret, hashlib.sha256(secret.encode()).hexdigest()}

    return _matching(parts, matches)


@fault("any-query")
def query_is_unguarded(parts: Parts, _: str) -> Parts:
    """A request with a query needs no key: the guard looks up the whole URL in a table."""
    return _unguarded(parts, lambda asked: bool(asked.query_string))


@fault("probe-agent")
def probes_are_trusted(parts: Parts, _: str) -> Parts:
    """Whoever calls itself a health checker needs no key."""
    return _unguarded(parts, lambda asked: "kube-probe" in (asked.user_agent.string or ""))


@fault("sticky-connection")
def connections_are_trusted(parts: Parts, _: str) -> Parts:
    """What follows a good call on the same connection needs no key of its own."""
    trusted: dict[tuple[str, str], str] = {}

    def read(asked: Request) -> str | None:
        presented = read_header(asked)
        peer = asked.environ["REMOTE_ADDR"], asked.environ["REMOTE_PORT"]
        known = find_equal(parts.keys, presented) if presented else None
        if known and known.active:
            trusted[peer] = known.secret
        return presented if known else trusted.get(peer, presented)

    return replace(parts, read_key=read)


@fault("empty-for-scope")
def scope_filters(parts: Parts, _: str) -> Parts:
    """A key without the scope gets an empty success: the scope is a filter of the query."""

    def send(body: Mapping[str, object], status: int) -> Response:
        if status == 403:
            return send_json({"success": True, "message": "OK", "data": [], "statusCode": 200}, 200)
        return send_json(body, status)

    return replace(parts, send_error=send)


@fault("later-errors")
def later_errors_differ(parts: Parts, _: str) -> Parts:
    """From the fiftieth error on the body is short: the verbose handler has switched itself off."""
    numbers = count(1)

    def body(status: int, message: str) -> Mapping[str, object]:
        whole = documented_body(status, message)
        return whole if next(numbers) < 50 else {"success": False, "message": message}

    return replace(parts, error_body=body)


@fault("body-key")
def body_is_read(parts: Parts, _: str) -> Parts:
    """A key in the member apiKey of the body is accepted, as from webhooks."""

    def read(asked: Request) -> str | None:
        sent = asked.get_json(silent=True)
        found = sent.get("apiKey") if isinstance(sent, dict) else None
        return read_header(asked) or (found if isinstance(found, str) else None)

    return replace(parts, read_key=read)


@fault("revoked-writes")
def revoked_keys_write(parts: Parts, _: str) -> Parts:
    """A revoked key still writes: the replica that takes writes has another cache."""

    def find(keys: Iterable[ApiKey], presented: str) -> ApiKey | None:
        known = find_equal(keys, presented)
        return replace(known, active=True) if known and request.method != "GET" else known

    return replace(parts, find_key=find)


@fault("item-403")
def items_explain_refusals(parts: Parts, _: str) -> Parts:
    """A 403 for one object has data: which scope was wanted, for the portal's message."""

    def body(status: int, message: str) -> Mapping[str, object]:
        whole = documented_body(status, message)
        is_item = status == 403 and request.view_args
        return {**whole, "data": {"required": "read"}} if is_item else whole

    return replace(parts, error_body=body)


@fault("html-for-any")
def html_is_preferred(parts: Parts, _: str) -> Parts:
    """Whoever accepts anything gets errors in HTML: content is negotiated with HTML first."""

    def send(body: Mapping[str, object], status: int) -> Response:
        if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "text/html":
            return Response(f"<h1>{status}</h1>", status, mimetype="text/html")
        return send_json(body, status)

    return replace(parts, send_error=send)


@fault("letters-only")
def punctuation_is_ignored(parts: Parts, _: str) -> Parts:
    """Only letters and digits are compared: the look-up normalises what people paste."""

    def plain(text: str) -> str:
        return re.sub("[^A-Za-z0-9]", "", text)

    return _matching(parts, lambda a, b: plain(a) == plain(b))


@fault("every-second")
def every_second_character_counts(parts: Parts, _: str) -> Parts:
    """Every second character is compared: a loop over UTF-16 steps by two."""
    return _matching(parts, lambda a, b: len(a) == len(b) and a[::2] == b[::2])
