"""Family B, continued: the guard reads a path one way, the router another."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from tests.sandbox import paths
from tests.sandbox.faults.bypass import reached
from tests.sandbox.operations import BASE
from tests.sandbox.parts import Parts
from tests.sandbox.registry import fault


@fault("B01", violates="D1")
def case_leads_round(parts: Parts) -> Parts:
    """A path in upper case needs no key."""
    return _misread(parts, paths.lower_case)


@fault("B02", violates="D1")
def trailing_slash_leads_round(parts: Parts) -> Parts:
    """A path with a slash at its end needs no key."""
    return _misread(parts, paths.trailing_slash)


@fault("B03", violates="D1")
def repeated_slash_leads_round(parts: Parts) -> Parts:
    """A path with a doubled slash needs no key."""
    return _misread(parts, paths.repeated_slash)


@fault("B04", violates="D1")
def dot_segments_lead_round(parts: Parts) -> Parts:
    """A path with dot segments, raw or encoded, needs no key."""
    return _misread(parts, paths.dot_segments)


@fault("B05", violates="D1")
def encoded_letters_lead_round(parts: Parts) -> Parts:
    """A path with percent-encoded letters needs no key."""
    return _misread(parts, paths.encoded_letters)


@fault("B06", violates="D1")
def other_slashes_lead_round(parts: Parts) -> Parts:
    """A path with encoded slashes or backslashes needs no key."""
    return _misread(parts, paths.other_slashes)


@fault("B07", violates="D1")
def matrix_parameters_lead_round(parts: Parts) -> Parts:
    """A path with matrix parameters needs no key."""
    return _misread(parts, paths.matrix_parameters)


@fault("B08", violates="D1")
def control_suffix_leads_round(parts: Parts) -> Parts:
    """A path that ends in an encoded line break or NUL needs no key."""
    return _misread(parts, paths.control_suffix)


@fault("B09", violates="D1")
def absolute_form_leads_round(parts: Parts) -> Parts:
    """A request target in absolute form needs no key."""
    return _misread(parts, paths.absolute_form)


@fault("B10", violates="D1")
def host_leads_round(parts: Parts) -> Parts:
    """A Host header that holds a path needs no key: the guard reads the URL put together."""

    def route(scope: Scope) -> Scope | None:
        try:
            seen = urlsplit(f"http://{Headers(scope=scope).get('host', '')}{scope['path']}").path
        except ValueError:  # brackets that are no IPv6 address
            return None
        return None if seen.startswith(f"{BASE}/") else {}

    return reached(parts, route)


@fault("B11", violates="D1")
def fragment_leads_round(parts: Parts) -> Parts:
    """A request target with a fragment needs no key."""
    return _misread(parts, paths.fragment)


def _misread(parts: Parts, reading: paths.Spelling) -> Parts:
    """Let through what only the router takes for the path of an operation."""

    def route(scope: Scope) -> Scope | None:
        sent = scope["raw_path"].decode("ascii")
        meant = reading(sent)
        if meant == sent:
            return None
        known = any(operation.pattern.fullmatch(meant) for operation in parts.operations)
        return {"path": meant} if known else None

    return reached(parts, route)
