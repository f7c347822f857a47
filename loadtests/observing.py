"""What each answer under load breaks: every body is read, and one example of each fault kept.

Equal bodies are read once: reading one costs 5 µs, finding it among those seen 0.1 µs.
"""

from dataclasses import dataclass, field
from typing import Final

from contracts.exchange import Fields, Response
from contracts.fingerprints import fingerprint
from contracts.judge import body_difference
from contracts.redaction import SHORTEST_SEARCHED, Redactor
from loadtests.headers import select_fields
from loadtests.sending import Sent
from loadtests.trace import LISTED, WRITTEN

_REMEMBERED: Final = 4096
"""Bodies; more would be a server that never answers the same twice."""

_DISCLOSED: Final = "D12 the full key stands in the answer"

_EXAMPLE: Final = 2048
"""Bytes of a body that stand in an example."""


FEWEST_SHOWN: Final = 2
"""Refused writes that must show: one answer may have been lost and written anew by a proxy."""


@dataclass(slots=True)
class Observer:
    """Reads the answers of one process.

    Attributes:
        key: The key that is sent; it must not come back.
        redactor: Masks examples.
        plain: Labels of the plain call.
        marks: Of the writes, by form.
        tolerated: Members the operator tolerates in an error body.
        successes: Statuses that mean success beside 200 and 201.
        examples: For each fault seen, the first answer that showed it, as text.
    """

    key: str = field(repr=False)
    redactor: Redactor
    plain: frozenset[str]
    marks: tuple[str, ...] = ()
    tolerated: tuple[str, ...] = ()
    successes: frozenset[int] = frozenset()
    examples: dict[str, str] = field(default_factory=dict)
    _seen: dict[tuple[int, str, bytes], str] = field(default_factory=dict)
    _plain: Response | None = None
    _outcomes: dict[str, int] = field(default_factory=dict)

    def fields(self, sent: Sent) -> Fields:
        """The header fields that speak of limits; a key that stands in one is masked."""
        return tuple((name, self._masked(value)) for name, value in select_fields(sent.headers))

    def _masked(self, value: str) -> str:
        return self.redactor.mask(value) if len(value) >= SHORTEST_SEARCHED else value

    def look(self, probe: str, sent: Sent) -> tuple[str, bool]:
        """Say what an answer breaks, and whether it shows what the plain call's does.

        Args:
            probe: What was sent.
            sent: What came.

        Returns:
            The fault, its requirement first, empty for nothing; and the likeness, true where there
            is nothing to compare.
        """
        if sent.trouble:
            return "", True
        if probe == WRITTEN:
            self._outcomes[self.marks[sent.form]] = sent.status
        if probe == LISTED:
            return self._listed(sent)
        if probe in self.plain:
            if self._plain is None and sent.status < 300:
                self._plain = _response(sent)
            return self._fault(sent), True
        if sent.status == 429 and sent.body:  # HEAD has none
            fault = self._fault(sent)
            return (f"{fault}, of the call {probe}" if fault else ""), True
        # Other bodies of odd requests are the contract part's to judge.
        return _DISCLOSED if self._discloses(sent) else "", self._is_alike(sent)

    def _listed(self, sent: Sent) -> tuple[str, bool]:
        """Look for the marks of writes: those that passed must show, refused ones must not."""
        shown = {mark: mark.encode() in sent.body for mark in self._outcomes}
        passed = [mark for mark, status in self._outcomes.items() if status < 300]
        refused = [mark for mark, status in self._outcomes.items() if status == 429]
        done = sum(shown[mark] for mark in refused)
        fault = ""
        if done >= FEWEST_SHOWN:
            fault = f"D4 {done} of {len(refused)} writes answered 429 were carried out"
        return fault, any(shown[mark] for mark in passed)

    def _is_alike(self, sent: Sent) -> bool:
        """Compare successful answers; the data may have changed a little meanwhile.

        A redirection to the plain spelling is no answer: whoever follows it is counted there.
        """
        if sent.status >= 300:
            return False
        if self._plain is None or not sent.body:
            return True
        here, there = fingerprint(_response(sent)), fingerprint(self._plain)
        return 2 * len(here & there) >= len(here | there)

    def _fault(self, sent: Sent) -> str:
        fields = dict(sent.headers)
        known = sent.status, fields.get("content-type", ""), sent.body
        fault = self._seen.get(known)
        if fault is None:
            fault = self.redactor.mask(self._read(sent))
            if len(self._seen) < _REMEMBERED:
                self._seen[known] = fault
        if fault and fault not in self.examples:
            self.examples[fault] = self._example(sent)
        return fault

    def _read(self, sent: Sent) -> str:
        if self._discloses(sent):
            return _DISCLOSED
        if sent.status in {200, 201, *self.successes}:
            return ""
        if sent.status != 429:
            return f"D4 status {sent.status}"
        difference = body_difference(_response(sent), self.tolerated)
        return f"D6 {difference}" if difference else ""

    def _discloses(self, sent: Sent) -> bool:
        return len(self.key) >= SHORTEST_SEARCHED and self.key.encode() in sent.body

    def _example(self, sent: Sent) -> str:
        lines = [f"→ {sent.status}", *(f"{name}: {value}" for name, value in sent.headers)]
        body = sent.body[:_EXAMPLE].decode("utf-8", "backslashreplace")
        return self.redactor.mask("\n".join((*lines, "", body)))


def _response(sent: Sent) -> Response:
    encoding = dict(sent.headers).get("content-encoding", "")
    return Response(sent.status, sent.headers, sent.body, encoding)
