"""Text that servers wrote, made harmless for its reader: terminal, Markdown, XML.

Pure. Paths, scopes and answers reach a report as they came; none of them may move a cursor, open a
link, break a table or end a code block.
"""

import re
from typing import Final

LONGEST_SHOWN: Final = 300
"""Characters of one text in a line for people; the whole of it stands in `verdict.json`."""


def one_line(text: str, limit: int = LONGEST_SHOWN) -> str:
    """Fold white space, write out what does not print, and cut what is too long.

    Args:
        text: Whatever came.
        limit: Characters kept.
    """
    # Ten times the limit is enough to fill it, and keeps a text of megabytes cheap.
    shown = printable(" ".join(text[: 10 * limit].split()))
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"


def printable(text: str) -> str:
    """Write out what does not print: control characters, marks that turn text around.

    Args:
        text: Whatever came; line ends and tabs stay.
    """
    return "".join(c if c.isprintable() or c in "\n\t" else ascii(c)[1:-1] for c in text)


def code_span(text: str, limit: int = LONGEST_SHOWN) -> str:
    """Write text as Markdown code: no link, mention, markup or HTML comes of it.

    Not for table cells, where renderers disagree about an escaped bar after a backslash.

    Args:
        text: Whatever came.
        limit: Characters kept.
    """
    shown = one_line(text, limit) or " "
    fence = "`" * (_longest_run(shown) + 1)
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def code_block(text: str, language: str = "") -> str:
    """Write text as a fenced Markdown block that nothing in it can end.

    Args:
        text: Whatever came; its line ends stay.
        language: For highlighting.
    """
    shown = printable(text)
    fence = "`" * max(3, _longest_run(shown) + 1)
    return f"{fence}{language}\n{shown}\n{fence}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """Replace the characters that no XML 1.0 document may hold, not even escaped.

    Args:
        text: Whatever came.
    """
    return _NOT_XML.sub("\ufffd", text)
