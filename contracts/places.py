"""A key in another place than the documented header, or beside a second value.

Pure. That a key is accepted elsewhere is documented nowhere, so a request without the header must
be refused whatever stands in its query, its cookies or its other headers.
"""

import base64
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Self
from urllib.parse import quote

from contracts.credentials import FULL, HEADER, SECOND, Credential, Keys, Role, Sent
from contracts.verdict import Severity


class Place(StrEnum):
    """Kinds of places for a key, as the setting KEY_PLACES names them."""

    QUERY = "query"
    HEADER = "header"
    COOKIE = "cookie"


@dataclass(frozen=True, slots=True)
class Elsewhere(Credential):
    """A role's key where it is not documented to be, and no x-api-key header.

    Attributes:
        place: Where.
        name: Of the parameter, header or cookie.
        form: What is written round the key, `{}`; `{user}` and `{password}` mean Basic (RFC 7617).
        of: Whose key; it may be logged, so never that of a run's only one.
    """

    place: Place
    name: str
    form: str = "{}"
    of: Role = SECOND

    @property
    def words(self) -> str:
        """What is sent."""
        shape = {"{}": "", "{user}": " as the user", "{password}": " as the password"}
        how = shape.get(self.form, f" after {self.form.removesuffix('{}').strip()}")
        return f"the {self.of} key in the {self.place} {self.name}{how}, and no x-api-key"

    @property
    def setting(self) -> str:
        """How KEY_PLACES names the place."""
        return f"{self.place}:{self.name}".lower()

    @property
    def sent(self) -> Sent:
        """No x-api-key header, whatever stands elsewhere."""
        return Sent.NOTHING

    @property
    def severity(self) -> Severity:
        """A key in a URL is logged everywhere (ASVS 5.0, 14.2.1)."""
        return Severity.S2 if self.place is Place.QUERY else Severity.S3

    @property
    def masked_fields(self) -> tuple[tuple[str, str], ...]:
        """The header, masked."""
        match self.place:
            case Place.QUERY:
                return ()
            case Place.COOKIE:
                return (("Cookie", f"{self.name}=***"),)
            case Place.HEADER:
                scheme = self.form.removesuffix("{}")
                return ((self.name, "Basic ***" if "{" in scheme else f"{scheme}***"),)

    @property
    def masked_query(self) -> str:
        """The parameter, masked."""
        return f"{self.name}=***" if self.place is Place.QUERY else ""

    def _value(self, keys: Keys) -> str:
        key = keys(self.of)
        if self.form in {"{user}", "{password}"}:
            pair = f"{key}:" if self.form == "{user}" else f"x:{key}"
            return f"Basic {base64.b64encode(pair.encode()).decode()}"
        return self.form.format(key)

    def query(self, keys: Keys) -> str:
        """Write the key into the query."""
        return f"{self.name}={quote(keys(self.of))}" if self.place is Place.QUERY else ""

    def fields(self, keys: Keys) -> tuple[tuple[str, str], ...]:
        """Write the key into another header."""
        match self.place:
            case Place.QUERY:
                return ()
            case Place.COOKIE:
                return (("Cookie", f"{self.name}={keys(self.of)}"),)
            case _:
                return ((self.name, self._value(keys)),)


PLACES: Final = (
    *(
        Elsewhere(Place.QUERY, name)
        for name in ("x-api-key", "api_key", "apiKey", "apikey", "key", "token", "access_token")
    ),
    *(
        Elsewhere(Place.HEADER, "Authorization", form)
        for form in ("Bearer {}", "{user}", "{password}", "{}", "ApiKey {}", "Token {}")
    ),
    *(Elsewhere(Place.COOKIE, name) for name in ("x-api-key", "api_key", "apiKey", "token")),
)
"""Undocumented places in which servers take a key (A17, A18)."""

ALIASES: Final = tuple(
    Elsewhere(Place.HEADER, name)
    for name in ("x_api_key", "api-key", "apikey", "x-apikey", "x-auth-token")
)
"""Header names that some servers fold or take for the documented one (A19): worth a warning."""


@dataclass(frozen=True, slots=True)
class Several(Credential):
    """The key and a worthless value in two header fields.

    Attributes:
        key_first: Whether the key stands before the other.
        of: Whose key.
    """

    key_first: bool
    of: Role = FULL

    @property
    def words(self) -> str:
        """What is sent."""
        order = "and then a worthless one" if self.key_first else "after a worthless one"
        return f"the {self.of} key {order}, in two x-api-key headers"

    @property
    def role(self) -> Role:
        """Whose key it is."""
        return self.of

    @property
    def severity(self) -> Severity:
        """The real key must be known."""
        return Severity.S3

    def derived_from(self, role: Role) -> Self:
        """Send this role's key."""
        return replace(self, of=role)

    @property
    def masked_fields(self) -> tuple[tuple[str, str], ...]:
        """Both, masked."""
        return ((HEADER, "***"), (HEADER, "***"))

    def fields(self, keys: Keys) -> tuple[tuple[str, str], ...]:
        """Write both."""
        key = keys(self.of)
        worthless = ("x" if key.strip("x") else "y") * len(key)
        values = (key, worthless) if self.key_first else (worthless, key)
        return tuple((HEADER, value) for value in values)
