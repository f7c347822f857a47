"""The run in Locust's web UI: a tab with phase and estimate, and a page with the pictures.

Only figures are shown, none of which holds a key. A page costs the sender about a millisecond: the
rates are kept up as calls come, and the other pictures are drawn when the run has ended.
"""

import json
from collections.abc import Callable
from html import escape
from typing import Any, Final, Protocol

from flask import Blueprint, Flask, Response, abort, request

from contracts.wording import limit_words
from loadtests.charts import rates_chart
from loadtests.conductor import Conductor

_TITLE: Final = "Rate limit"
_PATH: Final = "rate-limit"
_REFRESH_S: Final = 2

_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">{refresh}
<meta name="viewport" content="width=device-width">
<title>{title}: {phase}</title>
<style>
:root{{color-scheme:light dark;font:16px system-ui,sans-serif}}
body{{max-width:60rem;margin:1.5rem auto;padding:0 1rem}}
th{{text-align:left;font-weight:normal;padding-right:1.5rem;vertical-align:top}}
img{{width:100%;height:auto;margin-top:1rem}}
</style>
</head>
<body>
<h1>{title}</h1>
<table>{rows}</table>
{pictures}
<p><a href="./">Locust</a></p>
</body>
</html>
"""


class WebUI(Protocol):
    """What is needed of Locust's web UI: its extension points.

    Attributes:
        app: The Flask application.
        template_args: What its page is filled with.
    """

    app: Flask | None
    template_args: dict[str, Any]

    def auth_required_if_enabled(self, view_func: Callable[..., Any]) -> Callable[..., Any]:
        """Ask for a login where Locust asks for one."""


def install(web_ui: WebUI, conductor: Conductor, base_path: str) -> None:
    """Add tab and page to Locust's web UI.

    Args:
        web_ui: Locust's.
        conductor: Of this process.
        base_path: Where the web UI begins, Locust's `--web-base-path`.
    """
    assert web_ui.app is not None
    pages = Blueprint("busyboard", __name__, url_prefix=base_path or None)

    @pages.route(f"/{_PATH}")
    @web_ui.auth_required_if_enabled
    def page() -> Response:
        return Response(_page(conductor), headers={"Cache-Control": "no-store"})

    @pages.route(f"/{_PATH}/<name>")
    @web_ui.auth_required_if_enabled
    def picture(name: str) -> Response:
        svg = _picture(conductor, name)
        if svg is None:
            abort(404)
        return Response(svg, mimetype="image/svg+xml", headers={"Cache-Control": "no-store"})

    web_ui.app.register_blueprint(pages)
    web_ui.app.after_request(lambda response: _with_rows(response, conductor))
    web_ui.template_args["extended_tabs"] = [{"title": _TITLE, "key": _PATH}]
    web_ui.template_args["extended_tables"] = [
        {
            "key": _PATH,
            "structure": [{"key": "name", "title": "What"}, {"key": "value", "title": "Value"}],
        }
    ]
    web_ui.template_args["extended_csv_files"] = [
        {"href": f"./{_PATH}", "title": f"{_TITLE}: phase, estimate and pictures"}
    ]


def rows(conductor: Conductor) -> list[tuple[str, str]]:
    """What is going on, as names and values."""
    director = conductor.director
    if director is None:
        return [("phase", "not begun")]
    shown = [
        ("phase", director.phase),
        ("declared", "; ".join(map(str, conductor.settings.declared_limit)) or "nothing"),
        ("calls", str(director.rates)),
    ]
    if conductor.found is not None:
        return [
            *shown,
            ("estimate", limit_words(conductor.found)),
            ("in words", conductor.found.detail),
        ]
    return [*shown, ("estimate", director.rates.estimate)]


def _with_rows(response: Response, conductor: Conductor) -> Response:
    """Add the tab's rows to what Locust's page asks for every two seconds."""
    if request.path.endswith("/stats/requests") and response.is_json:
        told = json.loads(response.get_data())
        data = [{"name": name, "value": value} for name, value in rows(conductor)]
        told["extended_stats"] = [{"key": _PATH, "data": data}]
        response.set_data(json.dumps(told))
    return response


def _titles(conductor: Conductor) -> dict[str, str]:
    """What can be drawn now: the title of each file."""
    if conductor.drawn:
        return {drawn.file_name: drawn.title for drawn in conductor.drawn}
    return {_RATES: "calls per second over time"} if conductor.director else {}


_RATES: Final = "rates.svg"


def _picture(conductor: Conductor, name: str) -> str | None:
    """Draw it; ``None`` where there is no such picture."""
    for drawn in conductor.drawn:
        if drawn.file_name == name:
            return drawn.svg
    if conductor.director is None or name != _RATES:
        return None
    declared = max((one.rate for one in conductor.settings.declared_limit), default=None)
    return rates_chart(conductor.director.rates, None, declared)


def _page(conductor: Conductor) -> str:
    found = rows(conductor)
    cells = (f"<tr><th>{escape(name)}<td>{escape(value)}" for name, value in found)
    pictures = (
        f'<img src="{_PATH}/{name}" alt="{escape(title)}">'
        for name, title in _titles(conductor).items()
    )
    refresh = f'<meta http-equiv="refresh" content="{_REFRESH_S}">'
    return _PAGE.format(
        refresh="" if conductor.is_over else refresh,
        title=_TITLE,
        phase=escape(found[0][1]),
        rows="".join(cells),
        pictures="".join(pictures),
    )
