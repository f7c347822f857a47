"""What a right URL, header field or certificate looks like, for the settings that take one.

Each function gives the value back or raises a ValueError that says what is wrong and what would be
right, and quotes nothing: these values may hold secrets.
"""

import re
import ssl
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr

_URL: Final = "is not a URL; write one such as https://staging.example/v1"


def _split(value: str, *, otherwise: str) -> SplitResult:
    """Take a URL apart; what `urlsplit` says of a bad one would quote it, secrets and all."""
    try:
        parts = urlsplit(value)
        _ = parts.port  # looked at only here
    except ValueError:
        raise ValueError(otherwise) from None
    if not parts.hostname or not _VISIBLE.fullmatch(value):
        raise ValueError(otherwise)
    return parts


_VISIBLE: Final = re.compile("[!-~]+")


def base_url(value: str) -> str:
    """Take the URL of a target, less its trailing slash."""
    parts = _split(value, otherwise=_URL)
    if parts.scheme not in {"http", "https"}:
        raise ValueError(_URL)
    if "@" in parts.netloc:
        raise ValueError("holds a user name or password; write the URL without them")
    if parts.query or parts.fragment:
        raise ValueError("has a query or fragment; write the URL up to the path, such as /v1")
    return value.rstrip("/")


def location(value: str) -> str:
    """Take the path or URL of a document."""
    if value.startswith(("http://", "https://")):
        parts = _split(value, otherwise="is not a URL; write one such as https://host/openapi.json")
        if "@" in parts.netloc:
            raise ValueError("holds a user name or password; write the URL without them")
        return value
    if "://" in value:
        raise ValueError("is neither a path nor an http or https URL")
    if not Path(value).is_file():
        raise ValueError("names a file that does not exist; write the path or URL of the document")
    return value


def _file(value: Path) -> Path:
    if not value.is_file():
        raise ValueError("names a file that does not exist")
    return value


_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A field name (RFC 9110 section 5.6.2)."""


def header(name: str) -> str:
    """Take the name of a header field that the suite does not write itself."""
    if not _TOKEN.fullmatch(name):
        raise ValueError("holds a name that no header field has; write one such as X-Allow")
    if name.lower() in {"x-api-key", "host", "content-length", "transfer-encoding", "connection"}:
        raise ValueError(f'"{name}" is set by the suite itself; leave it out')
    return name


def header_value(value: SecretStr) -> SecretStr:
    """Take the value of a header field."""
    text = value.get_secret_value()
    if not text.isascii() or not text.isprintable() or text != text.strip():
        raise ValueError("holds a value that no header field has; write visible ASCII")
    return value


_PROXY: Final = "is not a proxy; write one such as http://proxy.example:3128"


def proxy(value: SecretStr) -> SecretStr:
    """Take the URL of an HTTP proxy."""
    if _split(value.get_secret_value(), otherwise=_PROXY).scheme != "http":
        raise ValueError(_PROXY)
    return value


def trusted(value: Path) -> Path:
    """Take a file of certificates to trust."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=_file(value))
    except (ssl.SSLError, OSError):
        raise ValueError("is no PEM file of certificates; write the path of one") from None
    return value


def certificate(value: Path) -> Path:
    """Take a file with a client's certificate and its key."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(_file(value), password=_no_password)
    except (ssl.SSLError, OSError):
        raise ValueError("is no PEM file of a certificate and its open key") from None
    return value


def _no_password() -> str:
    """OpenSSL would ask for one on the terminal."""
    return ""
