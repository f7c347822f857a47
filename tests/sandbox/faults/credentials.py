"""Family A: which credentials are accepted."""

from dataclasses import replace

from tests.sandbox.keys import StoredKey
from tests.sandbox.parts import Parts
from tests.sandbox.registry import Range, fault


@fault("A07", violates="D2", parameter=Range(8, 39, 16, "characters that suffice, of 40"))
def prefix_suffices(parts: Parts, shortest: int) -> Parts:
    """A proper prefix of a valid key is accepted, from so many characters on."""

    def find(presented: str) -> StoredKey | None:
        if len(presented) < shortest:
            return parts.find_key(presented)
        return next((key for key in parts.keys if key.secret.startswith(presented)), None)

    return replace(parts, find_key=find)
