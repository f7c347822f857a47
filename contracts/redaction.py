"""What nobody may read: finds keys in what servers answer, masks them in what we write.

Masking is the second line: keys are handled as roles, so normally there is nothing to mask. It
works on whole keys in every form a server or a formatter may give them, and on any eight
characters in a row of a key's random part. Secrets shorter than that are ordinary text, such as
`true` or `v1` in a header: masking them would garble every result.
"""

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from contracts.credentials import prefix
from contracts.exchange import Disclosure, Form

MASK: Final = "***"

SHORTEST_SEARCHED: Final = 8
"""Shorter secrets occur in ordinary text: they are neither searched in answers nor masked."""

_WINDOW: Final = 8


@dataclass(frozen=True, slots=True)
class _Pattern:
    role: str
    form: Form
    text: str


class Redactor:
    """Knows the secrets of a run; every answer and every artefact passes it."""

    def __init__(self) -> None:
        self._patterns: list[_Pattern] = []
        self._encoded: list[tuple[_Pattern, bytes]] = []
        self._windows: set[str] = set()

    def add(self, role: str, secret: str) -> None:
        """Learn a secret.

        Args:
            role: What it is called where it is found.
            secret: The secret itself.
        """
        known = {pattern.text for pattern in self._patterns}
        new = [
            pattern
            for pattern in _patterns(role, secret)
            if len(pattern.text) >= SHORTEST_SEARCHED and pattern.text not in known
        ]
        self._patterns = sorted(self._patterns + new, key=lambda pattern: -len(pattern.text))
        self._encoded = [(pattern, pattern.text.encode()) for pattern in self._patterns]
        self._windows.update(_windows(secret))

    def disclosures(self, parts: Iterable[bytes]) -> tuple[Disclosure, ...]:
        """Find whole secrets, as they are, encoded or hashed.

        Args:
            parts: What was received: header values, body.

        Returns:
            Each secret and form once.
        """
        text = b"\n".join(parts)
        found = {
            Disclosure(pattern.role, pattern.form): None
            for pattern, encoded in self._encoded
            if encoded in text
        }
        return tuple(found)

    def mask_bytes(self, text: bytes, *, also: Iterable[str] = ()) -> bytes:
        """Mask whole secrets; quick enough for every answer.

        Args:
            text: What was received.
            also: Values to mask with them, such as an edited key that was sent.
        """
        for value in also:
            if len(value) >= SHORTEST_SEARCHED:
                text = text.replace(value.encode("latin-1"), MASK.encode())
        for _, encoded in self._encoded:
            if encoded in text:
                text = text.replace(encoded, MASK.encode())
        return text

    def mask(self, text: str) -> str:
        """Mask whole secrets and any part of one that is long enough to matter."""
        for pattern in self._patterns:
            if pattern.text in text:
                text = text.replace(pattern.text, MASK)
        return self._mask_windows(text) if self._windows else text

    def _mask_windows(self, text: str) -> str:
        kept: list[str] = []
        end = 0
        for start, stop in self._spans(text):
            kept += [text[end:start], MASK]
            end = stop
        return "".join((*kept, text[end:])) if kept else text

    def _spans(self, text: str) -> Iterator[tuple[int, int]]:
        windows, at, last = self._windows, 0, len(text) - _WINDOW
        while at <= last:
            if text[at : at + _WINDOW] not in windows:
                at += 1
                continue
            start = at
            while at <= last and text[at : at + _WINDOW] in windows:
                at += 1
            at += _WINDOW - 1
            yield start, at


def _patterns(role: str, secret: str) -> Iterator[_Pattern]:
    raw = secret.encode()
    yield _Pattern(role, Form.RAW, secret)
    for text in {*_spellings(secret), *_base64_forms(raw)} - {secret}:
        yield _Pattern(role, Form.ENCODED, text)
    for digest in (hashlib.md5, hashlib.sha1, hashlib.sha256, hashlib.sha512):
        value = digest(raw, usedforsecurity=False).digest()
        yield _Pattern(role, Form.HASHED, value.hex())
        yield _Pattern(role, Form.HASHED, base64.b64encode(value).decode().rstrip("="))


def _spellings(secret: str) -> Iterator[str]:
    """How URLs, JSON (PHP writes a slash escaped), HTML and dumps write a text."""
    for quoted in (quote(secret, safe=""), quote(secret)):
        yield quoted
        yield re.sub("%..", lambda found: found[0].lower(), quoted)
    in_json = json.dumps(secret)[1:-1]
    yield in_json
    yield in_json.replace("/", r"\/")
    yield html.escape(secret)
    yield html.escape(secret, quote=False)
    yield secret.encode().hex()
    yield secret.encode().hex().upper()


def _base64_forms(raw: bytes) -> Iterator[str]:
    """The stretches that base64 gives the secret wherever it stands in a longer text."""
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + raw).decode().rstrip("=")
        first = -(-shift * 8 // 6)
        whole = (len(raw) + shift) * 8 // 6
        inner = text[first:whole]
        yield inner
        yield inner.translate(str.maketrans("+/", "-_"))


def _windows(secret: str) -> Iterator[str]:
    part = secret[len(prefix(secret)) :]
    if len(part) < _WINDOW or not _looks_random(part):
        return
    texts = {part, part.swapcase(), part.lower(), part.upper(), *_spellings(part)}
    texts |= set(_base64_forms(part.encode()))
    for text in texts:
        for at in range(len(text) - _WINDOW + 1):
            yield text[at : at + _WINDOW]


def _looks_random(part: str) -> bool:
    """Whether parts of it are worth masking: words in a key would mask words in a report."""
    runs = re.findall("[A-Za-z0-9]+", part)
    drawn = sum(len(run) for run in runs if not _WORD.fullmatch(run))
    return 2 * drawn >= sum(map(len, runs)) > 0


_WORD: Final = re.compile("(?:[A-Z]?[a-z]{0,15}|[A-Z]{1,15})[0-9]{0,4}")
"""A word or name, numbered or not; nobody makes keys of longer ones by hand."""
