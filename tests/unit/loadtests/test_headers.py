import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.headers import Policy, Said, read_fields, select_fields

DATE = ("Date", "Fri, 26 Nov 2027 10:00:00 GMT")
EPOCH = 1827223200


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        pytest.param((("Retry-After", "10"),), Said(10.0), id="delay"),
        pytest.param(
            (DATE, ("Retry-After", "Fri, 26 Nov 2027 10:00:30 GMT")), Said(30.0), id="http-date"
        ),
        pytest.param(
            (
                DATE,
                ("X-RateLimit-Limit", "30"),
                ("X-RateLimit-Remaining", "29"),
                ("X-RateLimit-Reset", str(EPOCH + 10)),
            ),
            Said(policies=(Policy(30, None, 29, 10.0),)),
            id="flask-limiter",
        ),
        pytest.param(
            (DATE, ("X-RateLimit-Reset", f"{EPOCH + 10}.5")),
            Said(policies=(Policy(reset=10.5),)),
            id="slowapi",
        ),
        pytest.param(
            (DATE, ("X-RateLimit-Reset", f"{EPOCH + 10}000")),
            Said(policies=(Policy(reset=10.0),)),
            id="epoch-milliseconds",
        ),
        pytest.param(
            (("RateLimit-Limit", "30"), ("RateLimit-Policy", "30;w=10")),
            Said(policies=(Policy(30, 10.0),)),
            id="draft-6",
        ),
        pytest.param(
            (("RateLimit-Limit", "100, 100;w=60"),),
            Said(policies=(Policy(100, 60.0),)),
            id="limit-with-its-policy",
        ),
        pytest.param(
            (("RateLimit", "limit=30, remaining=29, reset=10"),),
            Said(policies=(Policy(30, None, 29, 10.0),)),
            id="draft-7",
        ),
        pytest.param(
            (
                ("RateLimit", '"30-in-10sec"; r=29; t=10'),
                ("RateLimit-Policy", '"30-in-10sec"; q=30; w=10; pk=:ZDdi,Zjk=:'),
            ),
            Said(policies=(Policy(30, 10.0, 29, 10.0, "30-in-10sec"),)),
            id="draft-8",
        ),
        pytest.param(
            (("RateLimit-Policy", '"a";q=5;w=1, "b";q=60;w=30'),),
            Said(policies=(Policy(5, 1.0, name="a"), Policy(60, 30.0, name="b"))),
            id="two-policies",
        ),
        pytest.param(
            (("X-RateLimit-Limit-Minute", "60"), ("X-RateLimit-Remaining-Minute", "59")),
            Said(policies=(Policy(60, 60.0, 59, name="minute"),)),
            id="kong",
        ),
        pytest.param(
            (("X-RateLimit-Reset-Requests", "6m0s"),),
            Said(policies=(Policy(reset=360.0),)),
            id="duration",
        ),
    ],
)
def test_every_dialect_is_read(fields: tuple[tuple[str, str], ...], said: Said) -> None:
    assert read_fields(fields) == said


def test_a_fraction_is_read_and_reported() -> None:
    said = read_fields((("Retry-After", "0.29"),))

    wrong = ("Retry-After: '0.29' is neither whole seconds nor a date",)
    assert said == Said(0.29, malformed=wrong)


@pytest.mark.parametrize(
    "field",
    [
        pytest.param(("Retry-After", "soon"), id="word"),
        pytest.param(("Retry-After", "-3"), id="negative"),
        pytest.param(("X-RateLimit-Limit", "many"), id="limit"),
        pytest.param(("X-RateLimit-Remaining", "-1"), id="remaining"),
        pytest.param(("RateLimit", "limit=x"), id="dictionary"),
        pytest.param(("RateLimit-Policy", '"a";q=x'), id="policy"),
    ],
)
def test_what_cannot_be_read_is_named(field: tuple[str, str]) -> None:
    said = read_fields((field,))

    assert (said.retry_after, said.policies, len(said.malformed)) == (None, (), 1)


@given(
    name=st.sampled_from(
        ["Retry-After", "RateLimit", "RateLimit-Policy", "X-RateLimit-Reset", "X-RateLimit-Limit"]
    ),
    value=st.text(alphabet=st.characters(codec="latin-1"), max_size=40),
)
def test_nothing_makes_the_reader_raise(name: str, value: str) -> None:
    assert isinstance(read_fields((DATE, (name, value))), Said)


def test_only_fields_about_limits_are_kept_and_the_date_only_beside_them() -> None:
    others = [("Content-Type", "application/json"), DATE, ("X-Request-Id", "1")]

    assert select_fields(others) == ()
    assert select_fields([*others, ("retry-after", "1")]) == (DATE, ("retry-after", "1"))
