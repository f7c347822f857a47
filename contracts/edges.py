"""How the blocking and challenge pages of firewalls in front of an API are told from its answers.

Pure. The one place where the marks stand. A mark counts only with 403, 406, 429 or 503 and where
the control's answer lacks it: a CDN's header on every answer says nothing. Default pages of nginx,
HAProxy, frameworks and API gateways are not here: they are the target's own.
"""

import re
from dataclasses import dataclass
from typing import Final

from contracts.exchange import Response


@dataclass(frozen=True, slots=True)
class Mark:
    """What a firewall's own page shows.

    Attributes:
        edge: Whose page it is.
        header: Header field that must be there; empty for none.
        value: Pattern in that field.
        body: Pattern in the body; empty for none.
    """

    edge: str
    header: str = ""
    value: str = ""
    body: str = ""

    def stands_in(self, answer: Response) -> bool:
        """Whether the answer bears the mark."""
        if self.header:
            value = answer.header(self.header)
            if value is None or not re.search(self.value, value, re.IGNORECASE):
                return False
        text = answer.body[:65536].decode("utf-8", "replace")
        return not self.body or re.search(self.body, text, re.IGNORECASE) is not None


MARKS: Final = (
    Mark("Cloudflare", "cf-mitigated", "challenge|block"),
    Mark(
        "Cloudflare",
        "server",
        "cloudflare",
        r"Attention Required!|Just a moment\.\.\.|cf-error-details",
    ),
    Mark("AWS WAF", "x-amzn-waf-action", "challenge|captcha|block"),
    Mark("CloudFront", "x-cache", "error from cloudfront", "request could not be satisfied"),
    Mark("Akamai", "server", "akamaighost", r"Access Denied|Reference&#32;&#35;"),
    Mark("Imperva", "x-iinfo", "", "Incapsula incident|_Incapsula_Resource"),
    Mark("Sucuri", "x-sucuri-block", ""),
    Mark("Sucuri", "x-sucuri-id", "", "Sucuri WebSite Firewall"),
    Mark("DataDome", "x-datadome", "protected|blocked"),
    Mark("PerimeterX", body=r"px-captcha|_pxAppId"),
    Mark("F5 BIG-IP", body=r"requested URL was rejected\. Please consult with your administrator"),
    Mark("Barracuda", body=r"barracuda.{0,80}(blocked|request id)"),
    Mark("Fortinet", body=r"FortiGuard|Web Application Firewall.{0,80}Fortinet"),
    Mark("Azure Front Door", "x-azure-ref", "", r"The request is blocked\.|Azure WAF"),
    Mark("Google Cloud Armor", "via", "google", r"<title>403</title>403 Forbidden"),
)
"""Known pages, from the vendors' documentation of their block and challenge responses."""

_STATUSES: Final = frozenset({403, 406, 429, 503})


def edge_page(answer: Response, control: Response | None) -> str | None:
    """Name the edge whose page an answer is.

    Args:
        answer: The answer in question.
        control: The control's answer to the same operation, if there is one.

    Returns:
        The edge's name; None where the answer is the application's.
    """
    if answer.status not in _STATUSES:
        return None
    for mark in MARKS:
        if mark.stands_in(answer) and not (control and mark.stands_in(control)):
            return mark.edge
    return None
