"""How long a 429 asks to wait, as number or date."""

import pytest

from contracts.exchange import NoAnswer, Trouble
from contracts.wire import retry_after
from tests.unit.contracts.answers import answered, exchanged


@pytest.mark.parametrize(
    ("value", "date", "seconds"),
    [
        ("7", None, 7.0),
        ("0", None, 0.0),
        (" 12 ", None, 12.0),
        ("1.5", None, 1.5),
        ("-3", None, 0.0),
        ("Wed, 25 Nov 2026 01:00:30 GMT", "Wed, 25 Nov 2026 01:00:00 GMT", 30.0),
        ("Wed, 25 Nov 2026 00:59:00 GMT", "Wed, 25 Nov 2026 01:00:00 GMT", 0.0),
        ("Wednesday, 25-Nov-26 01:00:30 GMT", "Wed, 25 Nov 2026 01:00:00 GMT", 30.0),
        ("Wed Nov 25 01:00:30 2026", "Wed, 25 Nov 2026 01:00:00 GMT", 30.0),
        ("Sun, 25 Nov 1990 01:00:30 GMT", None, 0.0),
        ("Sun, 25 Nov 1990 01:00:30 GMT", "yesterday", 0.0),
        ("soon", None, None),
        ("nan", None, None),
        ("inf", None, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_retry_after_is_read_as_number_or_date(
    value: str | None, date: str | None, seconds: float | None
) -> None:
    fields = (("retry-after", value), ("date", date))
    headers = tuple((name, text) for name, text in fields if text is not None)

    assert retry_after(exchanged(answered(429, headers=headers))) == seconds


def test_no_answer_asks_for_no_wait() -> None:
    assert retry_after(exchanged(NoAnswer(Trouble.TIMEOUT))) is None
