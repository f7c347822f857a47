"""What a server compares of a key, found by bisection from one wrong key that it took.

Pure. It says what to ask next and is told whether that was taken; it knows positions, and no
character of a key. Where equal questions are answered differently it says that, and nothing else.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from contracts.alterations import Alteration, Altered, Outline, positions
from contracts.bisection import Steps, Unsteady, asked, edge
from contracts.credentials import Credential
from contracts.near_misses import (
    BEHEADED,
    CASE,
    CASE_TO,
    CHANGED,
    CUT,
    DERIVED,
    DOUBLED,
    DROPPED,
    EXTENDED,
    LONG,
    PADDED,
    PREFIX,
    SIGNS,
    SWAPPED,
    WILD_END,
    WILDCARD,
    Edit,
    NearMiss,
)

UNSTEADY: Final = "what is compared differs from request to request"

Stretch = tuple[int, int]
"""First position, from 0, and the position after the last."""


class Comparison:
    """One bisection.

    Attributes:
        question: What to ask with next; None at the end.
        sentence: What is known so far, in words; empty while that is nothing.
    """

    def __init__(self, taken: NearMiss, outline: Outline) -> None:
        """Begin.

        Args:
            taken: A wrong key that was taken for a right one.
            outline: Of the key that it is derived from.
        """
        self.question: Credential | None = None
        self.sentence = ""
        self._steps = Explanation(taken.fitted(outline.length), outline).steps()
        self._go_on(None)

    def answer(self, *, taken: bool) -> None:
        """Say whether the question's value was taken for a key."""
        self._go_on(taken)

    def _go_on(self, taken: bool | None) -> None:
        try:
            question = next(self._steps) if taken is None else self._steps.send(taken)
        except StopIteration as end:
            self.question, self.sentence = None, end.value
        except Unsteady:
            self.question, self.sentence = None, UNSTEADY
        else:
            self.question, self.sentence = question.credential, question.known or self.sentence


class Explanation:
    """The questions that tell one way of comparing from another, the likely ones first."""

    def __init__(self, taken: NearMiss, outline: Outline) -> None:
        self._taken, self._outline = taken, outline

    def steps(self) -> Steps[str]:
        """Ask until one sentence is left; empty where the wrong key's own words say it all."""
        if stretches := (yield from self._ignored()):
            return (yield from self._said_of(stretches))
        for explain in self._explanations():
            if sentence := (yield from explain()):
                return sentence
        return ""

    def _explanations(self) -> Iterator[Callable[[], Steps[str]]]:
        edit = self._taken.edit
        if edit in {CASE, CASE_TO, DERIVED, PREFIX}:
            yield self._case
        if edit in {WILDCARD, WILD_END}:
            yield self._pattern
        if edit in {DERIVED, DOUBLED, DROPPED, PREFIX, SWAPPED}:
            yield self._separators
        if edit is SWAPPED:
            yield self._order
            return
        yield from (self._beginnings, self._endings)
        yield from (self._prefix, self._surroundings)
        if edit in {EXTENDED, LONG}:
            yield self._excess

    # --- what is asked with ---------------------------------------------------------------------

    def _edited(self, edit: Edit, n: int) -> NearMiss:
        return NearMiss(edit, n, self._taken.of)

    def _altered(self, how: Alteration, start: int, stop: int) -> Altered:
        return Altered(how, start, stop, self._taken.of)

    def _changed(self, start: int, stop: int) -> Altered:
        return self._altered(Alteration.CHANGED, start, stop)

    def _other_case(self, start: int, stop: int) -> Altered:
        """Bounds count the positions that have another case."""
        cased = self._outline.cased
        return self._altered(Alteration.OTHER_CASE, cased[start], cased[stop - 1] + 1)

    def _beginning(self, count: int) -> NearMiss:
        return self._edited(CUT, self._outline.length - count - 1)

    def _ending(self, count: int) -> NearMiss:
        return self._edited(BEHEADED, self._outline.length - count - 1)

    def _followed(self, count: int) -> Altered:
        length = self._outline.length
        return self._altered(Alteration.INSERTED, length, length + count)

    # --- characters that are not compared -------------------------------------------------------

    def _ignored(self) -> Steps[list[Stretch]]:
        """Find the stretches that may be changed: at the hints, at the end, at the start."""
        length = self._outline.length
        found: list[Stretch] = []
        for point in dict.fromkeys((*self._hints(), length - 1, 0)):
            known = any(start <= point < stop for start, stop in found)
            if not known and (yield from asked(self._changed(point, point + 1))):
                found.append((yield from _stretch(self._changed, point, length)))
        return sorted(found)

    def _hints(self) -> Iterable[int]:
        """Where the wrong key differs from the right one."""
        edit, n = self._taken.edit, self._taken.n
        if edit in {CHANGED, DROPPED, DOUBLED}:
            return (n,)
        if edit is SWAPPED:
            return n, n + 1
        if edit is WILDCARD:
            return (n // len(SIGNS),)
        return self._outline.separators[:1] if edit is DERIVED else ()

    def _said_of(self, stretches: list[Stretch]) -> Steps[str]:
        length, head = self._outline.length, self._outline.head
        (start, stop), (last, end) = stretches[0], stretches[-1]
        known = _are_ignored(stretches)
        if stop - start == length:
            return (yield from self._said_of_everything())
        if len(stretches) > 1:
            between = start == 0 and end == length and len(stretches) == 2
            return f"only {_are(positions(stop, last))} compared" if between else known
        if start == 0 and head and stop in {head - 1, head}:  # a separator at its end may count
            return "the prefix is ignored"
        if end == length and (yield from asked(self._beginning(start), known)):
            return f"only the first {_characters(start)} compared"
        if start == 0 and (yield from asked(self._ending(length - stop), known)):
            return f"only the last {_characters(length - stop)} compared"
        return known

    def _said_of_everything(self) -> Steps[str]:
        nothing = "no character is compared"
        for edit in (CUT, EXTENDED):
            if (yield from asked(self._edited(edit, 0), nothing)):
                return nothing
        return f"{nothing}, only the length"

    # --- case -----------------------------------------------------------------------------------

    def _case(self) -> Steps[str]:
        cased = self._outline.cased
        points = sorted({0, len(cased) - 1}, reverse=self._taken.edit is CASE) if cased else []
        for point in points:
            if (yield from asked(self._other_case(point, point + 1))):
                start, stop = yield from _stretch(self._other_case, point, len(cased))
                return self._said_of_case(start, stop)
        return ""

    def _said_of_case(self, start: int, stop: int) -> str:
        cased = self._outline.cased
        first, last = cased[start] + 1, cased[stop - 1] + 1
        if stop - start == len(cased):
            return "case is ignored"
        if start == 0 and stop == sum(at < self._outline.head for at in cased):
            return "the case of the prefix is ignored"
        if stop == len(cased):
            return f"case is ignored from position {first} on"
        if start == 0:
            return f"case is ignored up to position {last}"
        return f"case is ignored at {positions(first - 1, last)}"

    # --- length ---------------------------------------------------------------------------------

    def _beginnings(self) -> Steps[str]:
        longest = self._outline.length - 1
        if not (yield from asked(self._beginning(longest))):
            return ""
        fewest = yield from edge(self._beginning, longest, 1, lambda n: _any("beginning", n))
        anywhere = yield from asked(self._ending(longest), _any("beginning", fewest))
        return _any("part" if anywhere else "beginning", fewest)

    def _endings(self) -> Steps[str]:
        longest = self._outline.length - 1
        if not (yield from asked(self._ending(longest))):
            return ""
        fewest = yield from edge(self._ending, longest, 1, lambda n: _any("end", n))
        return _any("end", fewest)

    def _prefix(self) -> Steps[str]:
        if not self._outline.head or not (yield from asked(self._edited(PREFIX, _NO_PREFIX))):
            return ""
        known = "the prefix may be left out"
        other = yield from asked(self._edited(PREFIX, _OTHER_PREFIX), known)
        return "the prefix is ignored" if other else known

    def _surroundings(self) -> Steps[str]:
        before = yield from asked(self._altered(Alteration.INSERTED, 0, 1))
        after = yield from asked(self._followed(1))
        if before and after:
            return "whatever holds the key is taken"
        if before:
            return "whatever stands before the key is ignored"
        return _beyond(self._outline.length) if after else ""

    def _excess(self) -> Steps[str]:
        """Values that are cut from some length on: one character more was not taken."""
        taken, length = self._taken, self._outline.length
        most = taken.n + 1 if taken.edit is EXTENDED else PADDED[taken.n] - length
        if most < 2 or not (yield from asked(self._followed(most))):
            return ""

        def said(count: int) -> str:
            return f"{_beyond(length)} in values of {length + count} characters or more"

        return said((yield from edge(self._followed, most, 2, said)))

    # --- patterns and normal forms --------------------------------------------------------------

    def _pattern(self) -> Steps[str]:
        at = self._taken.n // (len(SIGNS) if self._taken.edit is WILDCARD else 2)
        while at in self._outline.separators:  # where _ would stand for itself
            at += 1
        found = []
        for index, sign in enumerate(SIGNS):
            if (yield from asked(self._edited(WILDCARD, len(SIGNS) * at + index))):
                found.append(sign)
        stands = f"{' and '.join(found)} {'stands' if len(found) == 1 else 'stand'}"
        return f"the value is a pattern: {stands} for any character" if found else ""

    def _separators(self) -> Steps[str]:
        if (yield from asked(self._edited(DERIVED, _WITHOUT_PUNCTUATION))):
            return "punctuation is ignored"
        hyphens = yield from asked(self._edited(DERIVED, _HYPHENS))
        return "separators - and _ are the same" if hyphens else ""

    def _order(self) -> Steps[str]:
        backwards = yield from asked(self._edited(DERIVED, _REVERSED))
        return "the order of the characters is ignored" if backwards else ""


def _stretch(recipe: Callable[[int, int], Altered], point: int, length: int) -> Steps[Stretch]:
    """Widen one position that may be altered to all those round it that may be."""

    def known(start: int, stop: int) -> str:
        return recipe(start, stop).ignored

    stop = yield from edge(lambda n: recipe(point, n), point + 1, length, lambda n: known(point, n))
    start = yield from edge(lambda n: recipe(n, stop), point, 0, lambda n: known(n, stop))
    return start, stop


def _variant(edit: Edit, words: str) -> int:
    return next(n for n in range(edit.span(1)) if edit.words(n) == words)


_NO_PREFIX: Final = _variant(PREFIX, "without its prefix")
_OTHER_PREFIX: Final = _variant(PREFIX, 'under the prefix "pk_live_"')
_HYPHENS: Final = _variant(DERIVED, "with a hyphen for each underscore")
_WITHOUT_PUNCTUATION: Final = _variant(DERIVED, "without punctuation")
_REVERSED: Final = _variant(DERIVED, "reversed")


# --- words --------------------------------------------------------------------------------------


def _are(place: str) -> str:
    return f"{place} {'are' if place.startswith('positions') or ' and ' in place else 'is'}"


def _are_ignored(stretches: Iterable[Stretch]) -> str:
    return f"{_are(' and '.join(positions(start, stop) for start, stop in stretches))} ignored"


def _characters(count: int) -> str:
    return "character is" if count == 1 else f"{count} characters are"


def _any(part: str, fewest: int) -> str:
    least = f" of {fewest} characters or more" if fewest > 1 else ""
    return f"any {part} of the key{least} is taken"


def _beyond(length: int) -> str:
    return f"characters beyond the {_ordinal(length)} are ignored"


def _ordinal(number: int) -> str:
    if number % 100 in {11, 12, 13}:
        return f"{number}th"
    return f"{number}{({1: 'st', 2: 'nd', 3: 'rd'}).get(number % 10, 'th')}"
