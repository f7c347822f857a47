"""Pages of firewalls are told from answers of the API, and only where that can be told."""

import pytest

from contracts.edges import MARKS, edge_page
from contracts.exchange import Fields, Response
from tests.unit.contracts.answers import JSON_TYPE, answered

HTML: Fields = (("content-type", "text/html"),)

PAGES = [
    pytest.param(answered(403, b"", (("cf-mitigated", "challenge"),)), "Cloudflare", id="header"),
    pytest.param(
        answered(503, b"<title>Just a moment...</title>", (("server", "cloudflare"),)),
        "Cloudflare",
        id="challenge",
    ),
    pytest.param(
        answered(403, b"<h1>Attention Required! | Cloudflare</h1>", (("server", "CloudFlare"),)),
        "Cloudflare",
        id="block-page",
    ),
    pytest.param(answered(429, b"", (("x-amzn-waf-action", "captcha"),)), "AWS WAF", id="aws-waf"),
    pytest.param(
        answered(
            403, b"The request could not be satisfied", (("x-cache", "Error from cloudfront"),)
        ),
        "CloudFront",
        id="cloudfront",
    ),
    pytest.param(
        answered(403, b"<H1>Access Denied</H1>Reference&#32;&#35;18", (("server", "AkamaiGHost"),)),
        "Akamai",
        id="akamai",
    ),
    pytest.param(
        answered(403, b"Request unsuccessful. Incapsula incident ID: 1", (("x-iinfo", "1-2"),)),
        "Imperva",
        id="imperva",
    ),
    pytest.param(answered(403, b"", (("x-sucuri-block", "XSS"),)), "Sucuri", id="sucuri"),
    pytest.param(
        answered(406, b"The requested URL was rejected. Please consult with your administrator."),
        "F5 BIG-IP",
        id="big-ip",
    ),
    pytest.param(answered(403, b"<div id='px-captcha'>"), "PerimeterX", id="perimeterx"),
]

OWN_PAGES = [
    pytest.param(b"<html><title>403 Forbidden</title><center>nginx/1.22.1</center>", id="nginx"),
    pytest.param(
        b"<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n</body>",
        id="haproxy",
    ),
    pytest.param(b'{"message":"Forbidden"}', id="api-gateway"),
    pytest.param(b'{"message":"Missing Authentication Token"}', id="api-gateway-route"),
    pytest.param(b"<h1>Forbidden</h1><p>You don't have permission</p>", id="apache"),
    pytest.param(b"<!doctype html><title>403 Forbidden</title><h1>Forbidden</h1>", id="flask"),
    pytest.param(b"Forbidden", id="express"),
    pytest.param(b"", id="empty"),
]


@pytest.mark.parametrize(("page", "edge"), PAGES)
def test_a_firewalls_page_is_known(page: Response, edge: str) -> None:
    assert edge_page(page, None) == edge
    assert edge_page(page, answered(200)) == edge


@pytest.mark.parametrize("status", [200, 301, 400, 401, 404, 422, 500, 502])
@pytest.mark.parametrize(("page", "edge"), PAGES)
def test_other_statuses_are_the_targets_own(page: Response, edge: str, status: int) -> None:
    assert edge_page(answered(status, page.body, page.headers), None) is None, edge


@pytest.mark.parametrize(("page", "edge"), PAGES)
def test_a_mark_on_the_controls_answer_is_none(page: Response, edge: str) -> None:
    control = answered(200, page.body, page.headers)

    assert edge_page(page, control) is None, edge


@pytest.mark.parametrize("status", [403, 406, 429, 503])
@pytest.mark.parametrize("body", OWN_PAGES)
@pytest.mark.parametrize(
    "headers",
    [
        HTML,
        (*HTML, ("server", "cloudflare"), ("cf-ray", "8a1-JNB")),
        (*HTML, ("x-cache", "Miss from cloudfront"), ("via", "1.1 google")),
        (*HTML, ("server", "AkamaiGHost")),
        (*HTML, ("x-iinfo", "1-2"), ("x-sucuri-id", "18001"), ("x-azure-ref", "0abc")),
    ],
    ids=["none", "cloudflare", "cloudfront", "akamai", "others"],
)
def test_default_pages_are_the_targets_own_behind_whatever_network(
    status: int, body: bytes, headers: Fields
) -> None:
    assert edge_page(answered(status, body, headers), None) is None


@pytest.mark.parametrize("status", [403, 429, 503])
def test_the_documented_body_is_no_firewalls(status: int) -> None:
    network = (("server", "cloudflare"), ("x-cache", "Error from cloudfront"))

    assert edge_page(answered(status, None, (*JSON_TYPE, *network)), None) is None


def test_any_bytes_can_be_looked_at() -> None:
    body = bytes(range(256)) * 4096

    assert edge_page(answered(403, body, (("server", "\xff\x80"),)), None) is None


def test_every_mark_shows_something_and_names_an_edge() -> None:
    assert all(mark.edge and (mark.header or mark.body) for mark in MARKS)
    assert all(mark.header == mark.header.lower() for mark in MARKS)
