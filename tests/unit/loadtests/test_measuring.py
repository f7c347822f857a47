from loadtests.gates import QueueGate
from loadtests.measuring import measure
from loadtests.trace import Call
from tests.unit.loadtests.simulating import Simulated


def test_a_queue_is_named() -> None:
    measured = measure(sorted(Simulated(QueueGate(5.0, 19)).trace, key=lambda call: call.written))

    assert measured is not None
    assert (measured.algorithm, measured.limits[1]) == ("leaky_bucket", 20)


def test_a_busy_server_that_holds_answers_back_is_no_queue() -> None:
    """The last answers before the first refusal took long, and came all at once."""
    quick = [Call(i, 0, i / 100, i / 100, i / 100 + 0.005, 200) for i in range(20)]
    held = [Call(i, 0, i / 100, i / 100, 0.5 + i / 1e5, 200) for i in range(20, 30)]
    refused = [Call(i, 0, i / 100, i / 100, i / 100 + 0.005, 429) for i in range(30, 60)]
    again = [Call(i, 0, i / 5, i / 5, i / 5 + 0.005, 200) for i in range(60, 90)]

    measured = measure([*quick, *held, *refused, *again])

    assert measured is None or measured.algorithm != "leaky_bucket"
