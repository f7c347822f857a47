"""The requests every fault is held against, grouped by what the correct server says to them.

Servers that remember meet them in this order: valid ones first, so that caches are warm, writes
last.
"""

import asyncio
from typing import Final

from tests.sandbox.assembly import Sandbox
from tests.unit.sandbox.asking import Answer, Ask, asking

SENTINELS: Final = ("undefined", "null", "None", "true", "0", "NaN", "[object Object]")
OLD_BASES: Final = ("/api/v1", "/v0", "/v1.0", "/internal")
OVERRIDES: Final = ("x-http-method-override", "x-method-override", "x-http-method")
TRUSTED: Final = (
    "x-forwarded-for",
    "x-real-ip",
    "x-forwarded-host",
    "x-forwarded-uri",
    "x-forwarded-prefix",
    "x-forwarded-proto",
    "x-user-id",
    "x-authenticated-userid",
    "x-consumer-username",
    "x-middleware-subrequest",
)

_LIST: Final = "/v1/calls?limit=2"
_ITEM: Final = "/v1/calls/{item}"
_CALL: Final = '{"from": "+27215550100", "to": "+27215550199"}'
_JSON: Final = (("content-type", "application/json"),)


def _get(*headers: tuple[str, str], key: str | None = None) -> Ask:
    return Ask(_LIST, key, headers=headers)


def _post(body: str, key: str | None = None) -> Ask:
    return Ask("/v1/calls", key, "POST", _JSON, body)


# 200
VALID: Final = {
    "list": _get(key="{full}"),
    "list, second key": _get(key="{second}"),
    "list, minimal key": _get(key="{calls:read}"),
    "list, blank after the key": _get(key="{full} "),
    "list, browser": _get(("accept", "text/html,*/*"), key="{full}"),
    "item": Ask(_ITEM, "{full}"),
    "item, minimal key": Ask(_ITEM, "{calls:read}"),
    "agents": Ask("/v1/agents", "{full}"),
    "agents, minimal key": Ask("/v1/agents", "{agents:read}"),
    "head": Ask(_LIST, "{full}", "HEAD"),
}
# 401: no x-api-key
MISSING: Final = {
    "no key": _get(),
    "no key, item": Ask(_ITEM),
    "no key, agents": Ask("/v1/agents"),
    "no key, head": Ask(_LIST, method="HEAD"),
    "no key, browser": _get(("accept", "text/html,*/*")),
    "no key, unknown item": Ask("/v1/calls/call_000000000000"),
    "no key, bad query": Ask("/v1/calls?limit=none"),
    "no key, format": Ask(_LIST + "&format=csv"),
    "no key, post": _post(_CALL),
    "no key, bad body": _post("{}"),
    "query x-api-key": Ask(_LIST + "&x-api-key={full}"),
    "query api_key": Ask(_LIST + "&api_key={full}"),
    "query apikey": Ask(_LIST + "&apikey={full}"),
    "query key": Ask(_LIST + "&key={full}"),
    "query token": Ask(_LIST + "&token={full}"),
    "query access_token": Ask(_LIST + "&access_token={full}"),
    "query operator": Ask(_LIST + "&x-api-key[$ne]="),
    "bearer": _get(("authorization", "Bearer {full}")),
    "basic user": _get(("authorization", "Basic {user}")),
    "basic password": _get(("authorization", "Basic {password}")),
    "cookie": _get(("cookie", "x-api-key={full}")),
    "x_api_key": _get(("x_api_key", "{full}")),
    "api-key": _get(("api-key", "{full}")),
    "apikey": _get(("apikey", "{full}")),
    "no key, worthless bearer": _get(("authorization", "Bearer x")),
    "no key, session": _get(("cookie", "session=x")),
    "public url": _get(("x-original-url", "/openapi.json")),
    **{name: _get((name, "127.0.0.1")) for name in TRUSTED},
    **{name: Ask(_LIST, None, "POST", ((name, "GET"),)) for name in OVERRIDES},
    "_method": Ask(_LIST + "&_method=GET", method="POST"),
    "encoded letter": Ask("/v1/%63alls"),
    "encoded slash": Ask("/v1%2fcalls"),
    "line feed": Ask("/v1/calls%0a"),
    "host": _get(("host", "h/nope?")),
}
# 401: a value that is well-formed
FORGED: Final = {
    "random": _get(key="{random}"),
    "random, browser": _get(("accept", "text/html,*/*"), key="{random}"),
    "random, worthless bearer": _get(("authorization", "Bearer x"), key="{random}"),
    "early character": _get(key="{early}"),
    "last character": _get(key="{late}"),
    "other case": _get(key="{swapped}"),
}
# 401: a value that is not
MALFORMED: Final = {
    "empty": _get(key=""),
    "blank": _get(key="  "),
    "word": _get(key="abc"),
    "one character": _get(key="k"),
    "long": _get(key="k" * 200),
    "2 KiB": _get(key="k" * 2_048),
    "9 KiB": _get(key="k" * 9_216),
    "control byte": _get(key="sk_live_\x01"),
    "quoted": _get(key='"{full}"'),
    **{name: _get(key=name) for name in SENTINELS},
    "cut": _get(key="{cut}"),
    "half": _get(key="{half}"),
    "first 16": _get(key="{first16}"),
    "longer by 1": _get(key="{full}x"),
    "longer by 40": _get(key="{full}" + "x" * 40),
    "other prefix": _get(key="SK_LIVE_{tail}"),
    "test key": _get(key="sk_test_{tail}"),
    "no prefix": _get(key="{tail}"),
    "tautology": _get(key="' OR '1'='1"),
    "percent": _get(key="sk_live_%"),
    "underscores": _get(key="{blind}"),
    "star": _get(key="*"),
    "regex": _get(key=".*"),
    "operator": _get(key='{"$ne": null}'),
    "é": _get(key="sk_live_é"),
    "no-break space": _get(key="{full}\N{NO-BREAK SPACE}"),
    "zero-width space": _get(key="{full}\xe2\x80\x8b"),
    "bad, good": _get(("x-api-key", "{full}"), key="{random}"),
    "good, bad": _get(("x-api-key", "{random}"), key="{full}"),
    "good and bad in one": _get(key="{full}, {random}"),
}
# 401: was a key once
DEAD: Final = {"revoked": _get(key="{revoked}"), "deleted": _get(key="{deleted}")}
# 404 and 405: nothing there, with or without a key
ASTRAY: Final = {
    "x-original-url": Ask("/", headers=(("x-original-url", _LIST),)),
    "x-rewrite-url": Ask("/", headers=(("x-rewrite-url", _LIST),)),
    "FOO": Ask(_LIST, method="FOO"),
    "PATCH": Ask(_LIST, method="PATCH"),
    "OPTIONS": Ask(_LIST, method="OPTIONS"),
    "preflight": Ask(_LIST, None, "OPTIONS", (("access-control-request-method", "GET"),)),
    **{base: Ask(f"{base}/calls") for base in OLD_BASES},
    "suffix": Ask("/v1/calls.json"),
    "upper case": Ask("/V1/CALLS"),
    "slash": Ask("/v1/calls/"),
    "slashes": Ask("//v1//calls"),
    "dots": Ask("/v1/x/../calls"),
    "encoded dots": Ask("/public/..%2fv1/%2e/calls"),
    "backslash": Ask("/v1\\calls"),
    "matrix": Ask("/v1;x=1/calls"),
    "absolute": Ask("http://127.0.0.1/v1/calls"),
    "fragment": Ask("/v1/calls#/health"),
    "keys, calls:read": Ask("/v1/keys", "{calls:read}"),
    "unknown route": Ask("/v1/nothing", "{full}"),
    "method not offered": Ask("/v1/calls", "{full}", "PUT"),
}
# 403
INSUFFICIENT: Final = {
    "list, agents:read": _get(key="{agents:read}"),
    "list, calls:write": _get(key="{calls:write}"),
    "list, calls:readonly": _get(key="{agents:read calls:readonly}"),
    "list, no scope": _get(key="{none}"),
    "head, agents:read": Ask(_LIST, "{agents:read}", "HEAD"),
    "item, agents:read": Ask(_ITEM, "{agents:read}"),
    "agents, calls:read": Ask("/v1/agents", "{calls:read}"),
    "post, calls:read": _post(_CALL, "{calls:read}"),
    "bad body, calls:read": _post("{}", "{calls:read}"),
}
# 422 and 404, with a sufficient key
INVALID: Final = {
    "bad query": Ask("/v1/calls?limit=101", "{full}"),
    "bad body": _post('{"from": 1}', "{full}"),
    "unknown item": Ask("/v1/calls/call_000000000000", "{full}"),
}
# 200 and 201
WRITES: Final = {
    "list before the writes": _get(key="{full}"),
    "delete by override, calls:read": Ask(
        _ITEM, "{calls:read}", headers=(("x-http-method-override", "DELETE"),)
    ),
    "post": _post(_CALL, "{full}"),
    "patch": Ask(_ITEM, "{full}", "PATCH", _JSON, '{"durationS": 7}'),
    "delete": Ask(_ITEM, "{full}", "DELETE"),
    "list after the writes": _get(key="{full}"),
}

BATTERY: Final = {
    **VALID,
    **MISSING,
    **FORGED,
    **MALFORMED,
    **DEAD,
    **ASTRAY,
    **INSUFFICIENT,
    **INVALID,
    **WRITES,
}


def answers(server: Sandbox) -> dict[str, Answer]:
    """Put the whole battery to a server, one request after the other."""

    async def asked() -> dict[str, Answer]:
        return {name: await asking(server, request) for name, request in BATTERY.items()}

    return asyncio.run(asked())
