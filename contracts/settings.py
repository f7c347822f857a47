"""What the suite is told: every `BUSYBOARD_` setting, what it means and what is a right value.

Where values come from is `layers.py`. Keys are `SecretStr` from here to the socket.
"""

import json
import shlex
import shutil
from collections.abc import Iterator, Mapping
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from contracts import forms
from contracts.declared import DeclaredLimit, read_declared
from contracts.requirements import BY_ID, Level

PREFIX: Final = "BUSYBOARD_"


class Depth(StrEnum):
    """How many requests the non-core checks may make."""

    QUICK = "quick"
    DEFAULT = "default"
    THOROUGH = "thorough"


DEPTH_REQUESTS: Final[Mapping[Depth, int]] = {
    Depth.QUICK: 200,
    Depth.DEFAULT: 1_500,
    Depth.THOROUGH: 10_000,
}
"""Requests beyond core, by depth."""


def _key(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not text:
        raise ValueError("is empty; write the key, or leave it out")
    if text != text.strip():
        raise ValueError("begins or ends with white space; write the key alone")
    if not text.isascii() or not text.isprintable():
        raise ValueError("holds a character that no header value may hold; write the key alone")
    return value


def _object(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        members = json.loads(value)
    except ValueError:
        members = None
    if not isinstance(members, dict):
        raise ValueError('is not a JSON object; write one such as {"name": "value"}')
    return members


def _list(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _boolean(value: object) -> object:
    if isinstance(value, str) and value in {"true", "false"}:
        return value == "true"
    if isinstance(value, bool):
        return value
    raise ValueError("must be true or false")


def _operation_label(value: str) -> str:
    method, _, path = value.partition(" ")
    if not method.isupper() or not path.startswith("/"):
        raise ValueError(f'"{value}" is no operation; write one such as "GET /calls"')
    return value


def _scopes(value: str) -> frozenset[str]:
    return frozenset(value.split())


def _scopes_or_same(value: object) -> object:
    return _scopes(value) if isinstance(value, str) else value


def _place(value: str) -> str:
    kind, _, name = value.partition(":")
    if kind not in {"query", "header", "cookie"} or not name:
        raise ValueError(f'"{value}" is no place for a key; write one such as query:key')
    return value


def _limits(value: object) -> object:
    return read_declared(value) if isinstance(value, str) else value


def _command(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        words = tuple(shlex.split(value))
    except ValueError:
        raise ValueError("has an open quotation mark; write the command as for a shell") from None
    if not words or shutil.which(words[0]) is None:
        raise ValueError("names a program that cannot be found; write the command that makes keys")
    return words


def _requirement(value: str) -> str:
    if value not in BY_ID:
        raise ValueError(f'"{value}" is no requirement; write ids such as D1,D2')
    if BY_ID[value].level is Level.ADVICE:
        raise ValueError(f"{value} is advice that no API can hold; leave it out")
    return value


HeaderName = Annotated[str, AfterValidator(forms.header)]
HeaderValue = Annotated[SecretStr, AfterValidator(forms.header_value)]
Key = Annotated[SecretStr, AfterValidator(_key)]
Object = BeforeValidator(_object)
Items = BeforeValidator(_list)
Label = Annotated[str, AfterValidator(_operation_label)]
Globs = Annotated[tuple[str, ...], Items]
ScopeSet = Annotated[frozenset[str], BeforeValidator(_scopes_or_same)]


class Settings(BaseSettings):
    """One value per setting; names and forms are fixed, see the README's table.

    The description of each field is its line in every `--help`, and `form` what a right value
    looks like.
    """

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
        env_prefix=PREFIX,
        env_ignore_empty=True,
        enable_decoding=False,
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- their signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Rank the sources: options, environment, `.env`, the target's table."""
        options = dict(init_settings())
        table = options.pop("_table", {})
        return (
            InitSettingsSource(settings_cls, options),
            env_settings,
            dotenv_settings,
            InitSettingsSource(settings_cls, table),
        )

    target: str | None = Field(None, description="table [targets.NAME] of busyboard.toml")
    base_url: Annotated[str, AfterValidator(forms.base_url)] | None = Field(
        None, description="the target, such as https://staging.example/v1"
    )
    openapi: Annotated[str, AfterValidator(forms.location)] | None = Field(
        None,
        description="its OpenAPI document: path or URL, JSON or YAML; default GET /calls alone",
    )
    api_key: Key | None = Field(None, description="a key with all scopes")
    second_api_key: Key | None = Field(None, description="another key with all scopes")
    scoped_keys: Annotated[dict[ScopeSet, Key], Object] = Field(
        {}, description='keys by their scopes: {"scope scope": "key"}; "" is a key without scopes'
    )
    revoked_api_key: Key | None = Field(None, description="a key that was deactivated")
    deleted_api_key: Key | None = Field(None, description="a key that was deleted")
    key_provisioner: Annotated[tuple[str, ...], BeforeValidator(_command)] | None = Field(
        None, repr=False, description="command that creates, deactivates and deletes keys"
    )
    scope_map: Annotated[dict[Label, ScopeSet], Object] = Field(
        {}, description='scopes where the document does not say: {"GET /calls": "calls:read"}'
    )
    envelope_extra: Annotated[tuple[str, ...], Items] = Field(
        (), description="members tolerated in an error body"
    )
    key_places: Annotated[tuple[Annotated[str, AfterValidator(_place)], ...], Items] = Field(
        (), description="other documented places for the key, such as query:key"
    )
    path_parameters: Annotated[dict[str, str | int], Object] = Field(
        {}, description='real values: {"callId": "call_001"}'
    )
    headers: Annotated[dict[HeaderName, HeaderValue], Object] = Field(
        {}, description="secret JSON object of headers sent with every request"
    )
    declared_limit: Annotated[tuple[DeclaredLimit, ...], BeforeValidator(_limits)] = Field(
        (), description="what the limit is said to be: 100/60s [burst=20] [per=key]; several by ;"
    )
    allow_writes: Annotated[bool, BeforeValidator(_boolean)] = Field(
        False, description="without it only GET, HEAD and OPTIONS leave"
    )
    load_allowed_hosts: Annotated[tuple[str, ...], Items] = Field(
        (), description="hosts the ramp may load beside loopback"
    )
    proxy: Annotated[SecretStr, AfterValidator(forms.proxy)] | None = Field(
        None, description="HTTP proxy for every request; the environment's proxies are ignored"
    )
    ca_bundle: Annotated[Path, AfterValidator(forms.trusted)] | None = Field(
        None, description="PEM file of certificates to trust"
    )
    client_cert: Annotated[Path, AfterValidator(forms.certificate)] | None = Field(
        None, description="PEM file with the client's certificate and key"
    )
    timeout_s: float = Field(10, gt=0, le=3600, description="seconds for one whole answer")
    max_rps: float | None = Field(
        None,
        gt=0,
        le=1_000_000,
        description="most requests in any second; default 100, or 4 x the declared rate",
    )
    max_requests: int = Field(10_000, ge=1, description="most requests of the whole run")
    max_seconds: float = Field(
        600, gt=0, le=604_800, description="longest duration of the whole run"
    )
    include: Globs = Field((), description='globs of operations to test, such as "GET /calls*"')
    exclude: Globs = Field((), description="globs of operations to leave out")
    depth: Depth = Field(Depth.DEFAULT, description="quick, default or thorough")
    required: Annotated[tuple[Annotated[str, AfterValidator(_requirement)], ...], Items] = Field(
        (), description="requirements that must be held, in place of the default list"
    )
    seed: int = Field(0, ge=0, description="the same seed asks the same questions")
    report_dir: Path = Field(Path("reports"), description="where results are written")

    @field_validator("timeout_s", "max_rps", "max_requests", "max_seconds", "seed", mode="before")
    @classmethod
    def _is_no_boolean(cls, value: object) -> object:
        if isinstance(value, bool):  # TOML's; a child would be handed the word
            raise ValueError("is a boolean; write a number")
        return value

    @model_validator(mode="after")
    def _target_is_whole(self) -> Self:
        if self.base_url is None:
            return self
        if not (self.api_key or self.second_api_key or self.scoped_keys):
            raise ValueError(
                "API_KEY: is not set; without a valid key no answer to a wrong one can be judged"
            )
        return self

    @model_validator(mode="after")
    def _keys_differ(self) -> Self:
        owners: dict[str, str] = {}
        for name, key in self._named_keys():
            other = owners.setdefault(key.get_secret_value(), name)
            if other != name:
                raise ValueError(f"{name}: is the same key as {PREFIX}{other}; each is another key")
        return self

    def _named_keys(self) -> Iterator[tuple[str, SecretStr]]:
        for name in ("api_key", "second_api_key", "revoked_api_key", "deleted_api_key"):
            if key := getattr(self, name):
                yield name.upper(), key
        for scopes, key in self.scoped_keys.items():
            yield f'SCOPED_KEYS["{" ".join(sorted(scopes))}"]', key

    @property
    def requests_per_second(self) -> float:
        """The hard cap on requests in any second."""
        fastest = max((limit.rate for limit in self.declared_limit), default=0.0)
        return self.max_rps if self.max_rps is not None else max(100.0, 4 * fastest)

    def permits(self, label: str) -> bool:
        """Whether INCLUDE and EXCLUDE leave this operation in."""
        included = not self.include or any(fnmatchcase(label, glob) for glob in self.include)
        return included and not any(fnmatchcase(label, glob) for glob in self.exclude)


TARGET_SETTINGS: Final = tuple(Settings.model_fields)[
    : tuple(Settings.model_fields).index("declared_limit") + 1
]
"""The settings that describe a target; with none of them the sandbox is the target."""

SECRET_SETTINGS: Final = frozenset(
    {
        "api_key",
        "second_api_key",
        "scoped_keys",
        "revoked_api_key",
        "deleted_api_key",
        "key_provisioner",
        "headers",
        "proxy",
    }
)
"""Settings that no command line may carry: other users of the machine could read it there."""
