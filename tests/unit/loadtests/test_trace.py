import pytest

from loadtests.trace import (
    BrokenTraceError,
    Call,
    Trace,
    read_trace,
    write_calls,
    write_footer,
    write_header,
    write_segment,
)

ADMITTED = Call(0, 0, 0.0, 0.000123, 0.0201, 200, connection="a", fields=(("Retry-After", "3"),))
REFUSED = Call(1, 1, 0.5, 0.5, 0.52, 429, connection="b", probe="head", wire=2)
LOST = Call(2, 1, 0.4, 0.4, 2.4, 0, lost=True)


def written(*, footer: bool = True) -> list[bytes]:
    text = write_header({"target": "x"}) + write_segment(1, {"phase": "drain"})
    text += write_calls([ADMITTED, REFUSED, LOST])
    if footer:
        text += write_footer({"stopped_by": "done"})
    return text.splitlines(keepends=True)


def test_calls_come_back_from_the_columns_as_they_were() -> None:
    trace = Trace([ADMITTED, REFUSED, LOST])

    assert list(trace) == [ADMITTED, REFUSED, LOST]
    assert trace[-1] == LOST
    assert trace[1:] == [REFUSED, LOST]


def test_resent_requests_are_counted() -> None:
    assert Trace([ADMITTED, REFUSED, LOST]).requests == 4


def test_calls_of_a_segment_are_ordered_by_the_time_written() -> None:
    assert Trace([ADMITTED, REFUSED, LOST]).of_segment(1) == [LOST, REFUSED]


def test_an_answer_is_admitted_or_refused_and_a_lost_call_neither() -> None:
    seen = [(call.admitted, call.refused) for call in (ADMITTED, REFUSED, LOST)]

    assert seen == [(True, False), (False, True), (False, False)]


def test_a_written_trace_is_read_back() -> None:
    recorded = read_trace(written())

    assert list(recorded.trace) == [ADMITTED, REFUSED, LOST]
    assert recorded.header == {"version": 1, "target": "x"}
    assert recorded.segments == {1: {"phase": "drain"}}
    assert recorded.footer == {"stopped_by": "done"}


def test_a_line_cut_by_a_crash_is_left_out_and_the_footer_is_missing() -> None:
    lines = written(footer=False)

    recorded = read_trace([*lines[:-1], lines[-1][:20]])

    assert (list(recorded.trace), recorded.footer) == ([ADMITTED, REFUSED], None)


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([], id="empty"),
        pytest.param([b"{}\n"], id="no-kind"),
        pytest.param([b'{"line":"header","version":2}\n'], id="other-version"),
        pytest.param([b"{\n", *written()], id="damaged-in-the-middle"),
    ],
)
def test_what_this_suite_did_not_write_is_refused(lines: list[bytes]) -> None:
    with pytest.raises(BrokenTraceError):
        read_trace(lines)
