"""Bodies of errors: the documented one in its legal spellings, and what is not it."""

import json
from typing import Any, Final

import pytest

RIGHT: Final = (
    b'{"success":false,"message":"Invalid API Key provided","data":null,"statusCode":401}'
)


def body(**members: str) -> bytes:
    """The documented body with members replaced by raw JSON; an empty text leaves one out."""
    raw = {"success": "false", "message": '"no"', "data": "null", "statusCode": "401"} | members
    inner = ",".join(f'"{name}":{value}' for name, value in raw.items() if value)
    return f"{{{inner}}}".encode()


def with_tail(tail: str) -> bytes:
    """The documented body with raw text before its closing brace."""
    return RIGHT[:-1] + tail.encode() + b"}"


def case(data: bytes, *, id: str) -> Any:  # noqa: A002, ANN401 -- pytest.param's own
    return pytest.param(data, id=id)


ACCEPTED: Final = [
    case(RIGHT, id="documented"),
    case(json.dumps(json.loads(RIGHT), indent=4).encode() + b"\n", id="indented"),
    case(b" \t\r\n" + RIGHT + b"\r\n\t ", id="white-space-around"),
    case(
        b'{"statusCode":401,"data":null,"message":"Invalid API Key provided","success":false}',
        id="other-order",
    ),
    case(body(message='"Invalid API Key provided"', statusCode="401.0"), id="status-with-fraction"),
    case(
        body(message='"Invalid API Key provided"', statusCode="4.01e2"), id="status-with-exponent"
    ),
    case(body(message='"Invalid API Key provided"', statusCode="4010E-1"), id="negative-exponent"),
    case(body(message=r'"Invalid API\u0020Key provided"'), id="escaped-message"),
    case(
        RIGHT.replace(b"success", rb"\u0073uccess"),
        id="escaped-name",
    ),
]

OTHER_MESSAGES: Final = [
    case(body(message='"x"'), id="one-character"),
    case(body(message='"Ungültiger Schlüssel 🔑"'), id="not-ascii"),
    case(body(message=r'"\ud83d\udd11"'), id="surrogate-pair"),
    case(body(message=r'"\u0000 stands here"'), id="escaped-control"),
    case(body(message=r'" padded "'), id="padded"),
    case(body(message=json.dumps("m" * 100_000)), id="long"),
]

REFUSED_VALUES: Final = [
    case(body(success="true"), id="success-true"),
    case(body(success="0"), id="zero-for-false"),
    case(body(success="0.0"), id="zero-with-fraction-for-false"),
    case(body(success="-0.0"), id="negative-zero-for-false"),
    case(body(success="-0"), id="minus-zero-for-false"),
    case(body(success='"false"'), id="text-for-false"),
    case(body(success='""'), id="empty-text-for-false"),
    case(body(success="null"), id="null-for-false"),
    case(body(success="[]"), id="array-for-false"),
    case(body(success="{}"), id="object-for-false"),
    case(body(message='""'), id="message-empty"),
    case(body(message='"  "'), id="message-blank"),
    case(body(message=r'"\t\r\n"'), id="message-of-line-ends"),
    case(body(message='"\u00a0"'), id="message-no-break-space"),
    case(body(message='"\u2003\u3000"'), id="message-wide-spaces"),
    case(body(message='"\u2028\u2029"'), id="message-line-separators"),
    case(body(message='"\u0085"'), id="message-next-line"),
    case(body(message=r'"\u001c\u001f"'), id="message-separators"),
    case(body(message='"\ufeff"'), id="message-byte-order-mark"),
    case(body(message='"\u200b\u2060"'), id="message-of-no-width"),
    case(body(message="null"), id="message-null"),
    case(body(message="401"), id="message-number"),
    case(body(message="false"), id="message-false"),
    case(body(message='["no"]'), id="message-array"),
    case(body(message='{"en":"no"}'), id="message-object"),
    case(body(data="{}"), id="data-object"),
    case(body(data="[]"), id="data-array"),
    case(body(data='""'), id="data-empty-text"),
    case(body(data='"null"'), id="data-text"),
    case(body(data="false"), id="data-false"),
    case(body(data="0"), id="data-zero"),
    case(body(statusCode='"401"'), id="status-text"),
    case(body(statusCode="true"), id="status-true"),
    case(body(statusCode="null"), id="status-null"),
    case(body(statusCode="[401]"), id="status-array"),
    case(body(statusCode="{}"), id="status-object"),
    case(body(statusCode="403"), id="status-of-another-error"),
    case(body(statusCode="200"), id="status-of-success"),
    case(body(statusCode="0"), id="status-zero"),
    case(body(statusCode="-401"), id="status-negative"),
    case(body(statusCode="401.5"), id="status-fraction"),
    case(body(statusCode="40.1e1000"), id="status-infinite"),
    case(body(statusCode="4" * 30), id="status-of-thirty-digits"),
    case(body(success=""), id="success-absent"),
    case(body(message=""), id="message-absent"),
    case(body(data=""), id="data-absent"),
    case(body(statusCode=""), id="status-absent"),
    case(with_tail(',"timestamp":1'), id="extra-number"),
    case(with_tail(',"error":null'), id="extra-null"),
    case(with_tail(',"Success":false'), id="extra-by-case"),
    case(with_tail(',"":0'), id="extra-without-name"),
    case(with_tail(r',"status\u0000Code":401'), id="extra-with-control"),
    case(b"{}", id="empty-object"),
    case(b"null", id="null"),
    case(b"true", id="true"),
    case(b"401", id="number"),
    case(b'"no"', id="text"),
    case(b"[]", id="array"),
    case(b"[" + RIGHT + b"]", id="wrapped-in-array"),
    case(json.dumps(RIGHT.decode()).encode(), id="encoded-twice"),
    case(b'{"error":' + RIGHT + b"}", id="wrapped-in-object"),
    case(b'{"detail":"Not authenticated"}', id="fastapi"),
    case(b'{"message":"Forbidden"}', id="api-gateway"),
]
"""JSON that says something else: a JSON Schema must refuse these as well."""

REFUSED_BYTES: Final = [
    case(b"", id="empty"),
    case(b" \r\n", id="blank"),
    case(b"<!doctype html><title>401</title>", id="html"),
    case(b"Unauthorized", id="plain-text"),
    case(b"\xef\xbb\xbf" + RIGHT, id="byte-order-mark"),
    case(b" \xef\xbb\xbf" + RIGHT, id="byte-order-mark-after-space"),
    case(RIGHT.decode().encode("utf-16"), id="utf-16"),
    case(RIGHT.decode().encode("utf-16-le"), id="utf-16-le"),
    case(RIGHT.decode().encode("utf-16-be"), id="utf-16-be"),
    case(RIGHT.decode().encode("utf-32"), id="utf-32"),
    case(RIGHT.decode().encode("utf-32-be"), id="utf-32-be"),
    case(b"+ADw-" + RIGHT.decode().encode("utf-7"), id="utf-7"),
    case(body(message='"\u00e9"').decode().encode("latin-1"), id="latin-1"),
    case(body(message='"x"').replace(b"x", b"\xc0\x80"), id="overlong-utf-8"),
    case(body(message='"x"').replace(b"x", b"\xed\xa0\x80"), id="surrogate-in-utf-8"),
    case(body(message='"x"').replace(b"x", b"\xf4\x90\x80\x80"), id="beyond-unicode"),
    case(body(message=r'"\ud800"'), id="lone-high-surrogate"),
    case(body(message=r'"x\udc00y"'), id="lone-low-surrogate"),
    case(body(message=r'"\udd11\ud83d"'), id="surrogates-swapped"),
    case(with_tail(r',"\ud800":0'), id="lone-surrogate-in-a-name"),
    case(RIGHT + b"x", id="trailing-letter"),
    case(RIGHT + b"\x00", id="trailing-nul"),
    case(RIGHT + b",", id="trailing-comma-after"),
    case(RIGHT + RIGHT, id="two-documents"),
    case(RIGHT + b"\n" + RIGHT, id="two-lines"),
    case(RIGHT + b"<!-- debug -->", id="trailing-comment"),
    case(b")]}',\n" + RIGHT, id="guarded-prefix"),
    case(b"callback(" + RIGHT + b")", id="jsonp"),
    case(RIGHT[:-1], id="cut-off"),
    case(RIGHT[:-5], id="cut-off-earlier"),
    case(with_tail(","), id="trailing-comma"),
    case(RIGHT.replace(b'"', b"'"), id="single-quotes"),
    case(b"{success:false,message:'no',data:null,statusCode:401}", id="unquoted-names"),
    case(b"/* no */" + RIGHT, id="comment"),
    case(b"\x0b" + RIGHT, id="vertical-tab-before"),
    case(RIGHT + b"\x0c", id="form-feed-after"),
    case(b"\xc2\xa0" + RIGHT, id="no-break-space-before"),
    case(body(message='"a\nb"'), id="raw-line-end-in-text"),
    case(body(message='"a\tb"'), id="raw-tab-in-text"),
    case(body(message='"a\x00b"'), id="raw-nul-in-text"),
    case(body(message=r'"\x41"'), id="unknown-escape"),
    case(body(success="False"), id="python-false"),
    case(body(data="None"), id="python-none"),
    case(body(data="undefined"), id="undefined"),
    case(body(data="NaN"), id="nan"),
    case(body(statusCode="NaN"), id="status-nan"),
    case(body(statusCode="Infinity"), id="status-infinity"),
    case(body(statusCode="-Infinity"), id="status-negative-infinity"),
    case(body(statusCode="0401"), id="leading-zero"),
    case(body(statusCode="+401"), id="leading-plus"),
    case(body(statusCode="401."), id="fraction-without-digits"),
    case(body(statusCode="0x191"), id="hexadecimal"),
    case(body(statusCode="4" * 10_000), id="status-of-ten-thousand-digits"),
    case(body(data="[" * 100_000 + "]" * 100_000), id="deep-array"),
    case(body(data='{"a":' * 100_000 + "1" + "}" * 100_000), id="deep-object"),
    case(b"[" * 1_000_000, id="deep-and-open"),
    case(with_tail(',"data":null'), id="repeated-with-equal-value"),
    case(b'{"success":true,' + RIGHT[1:], id="repeated-the-last-right"),
    case(with_tail(',"success":true'), id="repeated-the-first-right"),
    case(with_tail(r',"d\u0061ta":null'), id="repeated-under-an-escape"),
    case(body(data='{"a":1,"a":2}'), id="repeated-inside"),
    case(body(data='[[{"a":1,"b":2,"a":1}]]'), id="repeated-deep-inside"),
]
"""What is no JSON to a strict reader; lax parsers let much of it through."""
