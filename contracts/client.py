"""The one builder of addresses, TLS, proxy and headers for every client in the suite.

Environment proxies and netrc are ignored on purpose: a run reaches what its settings say.
"""

import base64
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import unquote, urlsplit

import certifi

from contracts.exchange import Fields
from contracts.settings import Settings

SUITE_VERSION: Final = "0.1.0"

USER_AGENT: Final = f"busyboard-contract-suite/{SUITE_VERSION}"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a URL leads.

    Attributes:
        scheme: `http` or `https`.
        host: Name or address, without brackets.
        port: TCP port.
        path: Path without trailing slash, and query where the URL has one.
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the Host header says: the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme and authority."""
        return f"{self.scheme}://{self.authority}"


_PORTS: Final = {"http": 80, "https": 443}


def address(url: str) -> Address:
    """Take a URL apart.

    Args:
        url: http or https, already validated.
    """
    parts = urlsplit(url)
    path = parts.path.rstrip("/") + (f"?{parts.query}" if parts.query else "")
    return Address(parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme], path)


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy; `authorization` is the whole header value, or empty."""

    host: str
    port: int
    authorization: str


def proxy(settings: Settings) -> Proxy | None:
    """Read the proxy, if one is configured."""
    if settings.proxy is None:
        return None
    parts = urlsplit(settings.proxy.get_secret_value())
    credentials = ""
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        credentials = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return Proxy(parts.hostname or "", parts.port or 80, credentials)


def tls_context(settings: Settings) -> ssl.SSLContext:
    """Build a context that verifies: the system's certificates, certifi's, and CA_BUNDLE's.

    Raises:
        ssl.SSLError: CA_BUNDLE or CLIENT_CERT is no PEM file.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # which some systems leave to OpenSSL
    context.load_verify_locations(cafile=certifi.where())
    if settings.ca_bundle:
        context.load_verify_locations(cafile=settings.ca_bundle)
    if settings.client_cert:
        context.load_cert_chain(settings.client_cert)
    context.set_alpn_protocols(["http/1.1"])
    return context


def secret_headers(settings: Settings) -> Fields:
    """The operator's own headers; secret, so they are read only while a request is written."""
    return tuple((name, value.get_secret_value()) for name, value in settings.headers.items())


HEADERS: Final[Fields] = (("User-Agent", USER_AGENT), ("Accept", "application/json"))
"""The headers of an ordinary request, beside Host, key and those of its body."""


def may_be_loaded(settings: Settings) -> bool:
    """Whether load may be put on the target's host: loopback always, others by name."""
    host = address(settings.base_url or "").host
    try:
        is_loopback = ip_address(host).is_loopback
    except ValueError:
        is_loopback = host == "localhost"
    return is_loopback or host in map(str.lower, settings.load_allowed_hosts)
