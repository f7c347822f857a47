"""The edits of the generated page: they apply where it is as expected, and nowhere else."""

import re

import pytest

from contracts import allure_html

PAGE = """<html><head><meta charset="utf-8"></head><body>
<script async src="https://www.googletagmanager.com/gtag/js?id=G-X"></script>
<script>
  window.dataLayer = window.dataLayer || [];
  function gtag(){dataLayer.push(arguments);}
</script>
<div id="app"></div></body></html>"""


def test_the_edits_apply_where_the_page_is_as_expected() -> None:
    page = allure_html.edited(PAGE, "<p>above</p>")

    order = [page.index(text) for text in ("Content-Security", "allureReportData", "above", "app")]
    assert order[:3] == sorted(order[:3])
    assert "dataLayer" not in page


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        pytest.param("dataLayer = w", "layer = w", "the analytics script", id="analytics-differ"),
        pytest.param("</body>", "<script>gtag()</script></body>", "gtag", id="more-analytics"),
        pytest.param('charset="utf-8"', 'charset="UTF-8"', "the character set", id="charset"),
        pytest.param("<body>", '<body class="x">', "the body", id="body"),
    ],
)
def test_a_page_that_is_not_as_expected_is_no_report(old: str, new: str, why: str) -> None:
    with pytest.raises(allure_html.NotBuilt, match=re.escape(why)):
        allure_html.edited(PAGE.replace(old, new, 1), "")
