"""The requests every fault is held against: what a correct server is known to answer to them.

Their order matters to servers that remember: good ones come first, so that caches are warm, writes
come last.
"""

from typing import Final

from tests.unit.sandbox.asking import Ask

_CALL: Final = '{"from": "+27215550100", "to": "+27215550199"}'
_JSON: Final = (("content-type", "application/json"),)
_LIST: Final = "/v1/calls?limit=2"
_ITEM: Final = "/v1/calls/{item}"


def _get(*headers: tuple[str, str], key: str | None = None) -> Ask:
    return Ask(_LIST, key, headers=headers)


BATTERY: Final = {
    # the valid ones
    "list": Ask(_LIST, "{full}"),
    "list, second key": Ask(_LIST, "{second}"),
    "list, minimal key": Ask(_LIST, "{calls:read}"),
    "item": Ask(_ITEM, "{full}"),
    "item, minimal key": Ask(_ITEM, "{calls:read}"),
    "agents": Ask("/v1/agents", "{full}"),
    "agents, minimal key": Ask("/v1/agents", "{agents:read}"),
    "head": Ask(_LIST, "{full}", "HEAD"),
    # no key
    "no key": _get(),
    "no key, item": Ask(_ITEM),
    "no key, agents": Ask("/v1/agents"),
    "no key, head": Ask(_LIST, method="HEAD"),
    "no key, browser": _get(("accept", "text/html,*/*")),
    "no key, unknown item": Ask("/v1/calls/call_000000000000"),
    "no key, bad query": Ask("/v1/calls?limit=none"),
    "no key, bad body": Ask("/v1/calls", None, "POST", _JSON, "{}"),
    # no valid key
    "empty": _get(key=""),
    "blank": _get(key="  "),
    "random": _get(key="{random}"),
    "random, browser": _get(("accept", "text/html,*/*"), key="{random}"),
    "word": _get(key="abc"),
    "one character": _get(key="k"),
    "long": _get(key="k" * 200),
    "2 KiB": _get(key="k" * 2048),
    "quoted": _get(key='"{full}"'),
    "undefined": _get(key="undefined"),
    "null": _get(key="null"),
    "cut": _get(key="{cut}"),
    "half": _get(key="{half}"),
    "first 16": _get(key="{first16}"),
    "longer by 1": _get(key="{full}x"),
    "longer by 40": _get(key="{full}" + "x" * 40),
    "early character": _get(key="{early}"),
    "last character": _get(key="{late}"),
    "other case": _get(key="{swapped}"),
    "other prefix": _get(key="SK_LIVE_{tail}"),
    "tautology": _get(key="' OR '1'='1"),
    "percent": _get(key="sk_live_%"),
    "underscores": _get(key="{blind}"),
    "star": _get(key="*"),
    "regex": _get(key=".*"),
    "operator": _get(key='{"$ne": null}'),
    "é": _get(key="sk_live_é"),
    "no-break space": _get(key="{full}\N{NO-BREAK SPACE}"),
    "zero-width space": _get(key="{full}\xe2\x80\x8b"),
    "test key": _get(key="sk_test_{tail}"),
    "no prefix": _get(key="{tail}"),
    "revoked": _get(key="{revoked}"),
    "deleted": _get(key="{deleted}"),
    # the key elsewhere
    "query x-api-key": Ask(_LIST + "&x-api-key={full}"),
    "query api_key": Ask(_LIST + "&api_key={full}"),
    "query token": Ask(_LIST + "&token={full}"),
    "query operator": Ask(_LIST + "&x-api-key[$ne]="),
    "bearer": _get(("authorization", "Bearer {full}")),
    "basic user": _get(("authorization", "Basic {user}")),
    "basic password": _get(("authorization", "Basic {password}")),
    "cookie": _get(("cookie", "x-api-key={full}")),
    "x_api_key": _get(("x_api_key", "{full}")),
    "api-key": _get(("api-key", "{full}")),
    "bad, good": _get(("x-api-key", "{full}"), key="{random}"),
    "good, bad": _get(("x-api-key", "{random}"), key="{full}"),
    "bad and good in one": _get(key="{random}, {full}"),
    # a second, worthless credential
    "no key, bearer": _get(("authorization", "Bearer x")),
    "random, bearer": _get(("authorization", "Bearer x"), key="{random}"),
    "no key, session": _get(("cookie", "session=x")),
    # ways round the guards, without a key
    "no key, x-original-url": Ask("/", headers=(("x-original-url", _LIST),)),
    "no key, public url": _get(("x-original-url", "/openapi.json")),
    "no key, forwarded": _get(("x-forwarded-for", "127.0.0.1")),
    "no key, user id": _get(("x-user-id", "1")),
    "no key, subrequest": _get(("x-middleware-subrequest", "middleware")),
    "no key, FOO": Ask(_LIST, method="FOO"),
    "no key, PATCH": Ask(_LIST, method="PATCH"),
    "no key, OPTIONS": Ask(_LIST, method="OPTIONS"),
    "no key, override": Ask(_LIST, None, "POST", (("x-http-method-override", "GET"),)),
    "no key, _method": Ask(_LIST + "&_method=GET", method="POST"),
    "no key, old base": Ask("/api/v1/calls"),
    "no key, suffix": Ask("/v1/calls.json"),
    "no key, upper case": Ask("/V1/CALLS"),
    "no key, slash": Ask("/v1/calls/"),
    "no key, slashes": Ask("//v1//calls"),
    "no key, dots": Ask("/v1/x/../calls"),
    "no key, encoded dots": Ask("/public/..%2fv1/%2e/calls"),
    "no key, encoded letter": Ask("/v1/%63alls"),
    "no key, encoded slash": Ask("/v1%2fcalls"),
    "no key, backslash": Ask("/v1\\calls"),
    "no key, matrix": Ask("/v1;x=1/calls"),
    "no key, line feed": Ask("/v1/calls%0a"),
    "no key, absolute": Ask("http://127.0.0.1/v1/calls"),
    "no key, host": _get(("host", "h/nope?")),
    "no key, fragment": Ask("/v1/calls#/health"),
    # too little scope
    "list, agents:read": Ask(_LIST, "{agents:read}"),
    "list, calls:write": Ask(_LIST, "{calls:write}"),
    "list, calls:readonly": Ask(_LIST, "{agents:read calls:readonly}"),
    "list, no scope": Ask(_LIST, "{none}"),
    "head, agents:read": Ask(_LIST, "{agents:read}", "HEAD"),
    "item, agents:read": Ask(_ITEM, "{agents:read}"),
    "agents, calls:read": Ask("/v1/agents", "{calls:read}"),
    "bad body, calls:read": Ask("/v1/calls", "{calls:read}", "POST", _JSON, "{}"),
    "keys, calls:read": Ask("/v1/keys", "{calls:read}"),
    # refused for other reasons
    "bad query": Ask("/v1/calls?limit=101", "{full}"),
    "bad body": Ask("/v1/calls", "{full}", "POST", _JSON, '{"from": 1}'),
    "unknown item": Ask("/v1/calls/call_000000000000", "{full}"),
    "unknown route": Ask("/v1/nothing", "{full}"),
    "method not offered": Ask("/v1/calls", "{full}", "PUT"),
    # writes
    "post, no key": Ask("/v1/calls", None, "POST", _JSON, _CALL),
    "post, calls:read": Ask("/v1/calls", "{calls:read}", "POST", _JSON, _CALL),
    "override to delete, calls:read": Ask(
        "/v1/calls/{item}", "{calls:read}", headers=(("x-http-method-override", "DELETE"),)
    ),
    "list before the writes": Ask(_LIST, "{full}"),
    "post": Ask("/v1/calls", "{full}", "POST", _JSON, _CALL),
    "patch": Ask(_ITEM, "{full}", "PATCH", _JSON, '{"durationS": 7}'),
    "delete": Ask(_ITEM, "{full}", "DELETE"),
    "list after the writes": Ask(_LIST, "{full}"),
}
