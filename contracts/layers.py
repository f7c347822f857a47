"""Where settings come from: options, environment, `.env`, `busyboard.toml`.

Every error is one line that names the setting, what is wrong with it and what would be right; no
line holds a value of a secret setting.
"""

import json
import os
import shlex
import shutil
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from dotenv import dotenv_values
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from contracts.algebra import Waiver
from contracts.handoff import VARIABLE
from contracts.settings import PREFIX, SECRET_SETTINGS, TARGET_SETTINGS, Settings

FILE: Final = Path("busyboard.toml")
DOTENV: Final = Path(".env")


class SettingsError(Exception):
    """Settings that cannot be used; one line each."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings as one run uses them.

    Attributes:
        settings: The values; `base_url` is None where no target is configured.
        notices: Lines the user has to see, such as an unknown name that was ignored.
        waivers: From `[[waivers]]` of `busyboard.toml`.
        environment: The same values as variables, for processes that are started with them.
    """

    settings: Settings
    notices: tuple[str, ...]
    waivers: tuple[Waiver, ...]
    environment: Mapping[str, str]


def report_dir(options: Mapping[str, str]) -> Path:
    """Find where results are written, before anything else is read or judged.

    Args:
        options: Command-line options by field name.

    Returns:
        The directory; it need not exist.
    """
    try:
        dotenv = _dotenv()
    except SettingsError:
        dotenv = {}
    texts = {**_filled(dotenv), **_filled(_environ()), **_filled(_as_variables(options))}
    try:
        table = _table(_file(), texts.get(_env("target")))
    except SettingsError:
        table = {}
    default = Settings.model_fields["report_dir"].default
    return Path(texts.get(_env("report_dir")) or str(table.get("report_dir") or default))


def load(options: Mapping[str, str] | None = None) -> Loaded:
    """Read every source, in this order of precedence, and validate what comes out.

    Args:
        options: Command-line options by field name, as typed.

    Returns:
        The settings and what is to be said of them.

    Raises:
        SettingsError: At least one setting is wrong, misspelt, empty or contradicts another.
    """
    given = _as_variables(options or {})
    environ = {**_dotenv(), **_environ()}
    file = _file()
    filled = {**_filled(_dotenv()), **_filled(_environ()), **_filled(given)}
    table = _table(file, filled.get(_env("target")))
    written = {**_as_variables(table), **environ, **given}
    errors, notices = _names(written)
    errors += _empty(written)
    errors += _other_target(environ, table)
    if errors:
        raise SettingsError(*errors)
    settings = _validated(_filled(options or {}), _filled(table))
    if settings.base_url is None:
        _require_nothing_of_a_target(settings)
    ranked = {**_as_variables(_filled(table)), **filled}
    return Loaded(settings, tuple(notices), _waivers(file), _settled(ranked, settings))


def _validated(options: Mapping[str, object], table: Mapping[str, object]) -> Settings:
    file_or_none = None if VARIABLE in os.environ else DOTENV
    try:
        return Settings(**options, _table=table, _env_file=file_or_none)  # type: ignore[arg-type]  # text, as typed
    except ValidationError as error:
        raise SettingsError(*map(_line, error.errors())) from None


_Value = TypeVar("_Value")


def _as_variables(values: Mapping[str, _Value]) -> dict[str, _Value]:
    return {_env(name): value for name, value in values.items()}


def _filled(values: Mapping[str, _Value]) -> dict[str, _Value]:
    """Leave out what is empty: it counts as unset, so a lower source may speak."""
    return {name: value for name, value in values.items() if value != ""}


def _environ() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.upper().startswith(PREFIX)}


_PATHS: Final = ("openapi", "ca_bundle", "client_cert", "report_dir")


def _settled(ranked: Mapping[str, object], settings: Settings) -> dict[str, str]:
    """Write values as variables that mean the same in any working directory."""
    known = {_env(name) for name in Settings.model_fields}
    texts = {name: _text(value) for name, value in ranked.items() if name in known}
    if settings.key_provisioner:
        program, *arguments = settings.key_provisioner
        place = str(Path(shutil.which(program) or program).absolute())
        texts[_env("key_provisioner")] = shlex.join((place, *arguments))
    for name in map(_env, _PATHS):
        if name in texts and "://" not in texts[name]:
            texts[name] = str(Path(texts[name]).absolute())
    texts.pop(_env("target"), None)
    return texts


def _text(value: object) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value)


def _env(name: str) -> str:
    return f"{PREFIX}{name.upper()}"


def _dotenv() -> dict[str, str]:
    if VARIABLE in os.environ:  # the command that started this process has read it already
        return {}
    try:
        values = dotenv_values(DOTENV) if DOTENV.is_file() else {}
    except UnicodeDecodeError:
        raise SettingsError(f"{DOTENV}: is not UTF-8; save it as UTF-8") from None
    return {name: value or "" for name, value in values.items() if name.upper().startswith(PREFIX)}


def _file() -> dict[str, object]:
    if VARIABLE in os.environ or not FILE.is_file():
        return {}
    try:
        return tomllib.loads(FILE.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{FILE}: is not TOML: {error}") from None


def _table(file: Mapping[str, object], target: str | None) -> dict[str, object]:
    if not target:
        return {}
    targets = file.get("targets")
    table = targets.get(target) if isinstance(targets, dict) else None
    if not isinstance(table, dict):
        known = ", ".join(targets) if isinstance(targets, dict) else ""
        hint = f"it knows {known}" if known else f"write a table [targets.{target}]"
        raise SettingsError(f'{_env("target")}: "{target}" is not in {FILE}; {hint}')
    return {"target": target, **{name.lower(): value for name, value in table.items()}}


def _waivers(file: Mapping[str, object]) -> tuple[Waiver, ...]:
    entries = file.get("waivers", [])
    try:
        return tuple(Waiver(**{"operation": "*", **_texts(entry)}) for entry in _items(entries))
    except TypeError:
        raise SettingsError(
            f'{FILE}: a waiver is [[waivers]] with check = "D3.*", reason = "why" and, '
            'where wanted, operation = "GET /calls"; nothing else'
        ) from None


def _items(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _texts(entry: object) -> dict[str, str]:
    if not isinstance(entry, dict) or not all(isinstance(v, str) and v for v in entry.values()):
        raise TypeError
    return entry


def _names(written: Mapping[str, object]) -> tuple[list[str], list[str]]:
    known = [_env(name) for name in Settings.model_fields]
    errors, notices = [], []
    for name in sorted(written.keys() - set(known)):
        near = min(known, key=lambda candidate: _edits(name.upper(), candidate))
        if _edits(name.upper(), near) <= _TYPING_ERROR:
            errors.append(f"{name}: is not a setting; {near} is")
        else:
            notices.append(f"{name} is not a setting of this suite and was ignored")
    notices += [f"{name} is empty and counts as unset" for name in known if written.get(name) == ""]
    return errors, notices


_TYPING_ERROR: Final = 2
"""Edits within which an unknown name is taken for a misspelt one."""


def _edits(one: str, other: str) -> int:
    """Levenshtein distance."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            diagonal, row[j] = row[j], min(diagonal + (a != b), row[j] + 1, row[j - 1] + 1)
    return row[-1]


def _empty(written: Mapping[str, object]) -> list[str]:
    wanted = {"base_url": "the target's URL", "api_key": "a key with all scopes"}
    return [
        f"{_env(name)}: is set but empty; write {right}, or unset it"
        for name, right in wanted.items()
        if str(written.get(_env(name), "unset")).strip() == ""
    ]


def _other_target(environ: Mapping[str, str], table: Mapping[str, object]) -> list[str]:
    here, there = environ.get(_env("base_url")), table.get("base_url")
    if not here or not there or here.rstrip("/") == str(there).rstrip("/"):
        return []
    # Neither is shown before it is known to hold no password.
    return [
        f"{_env('base_url')}: is not the base_url of target {table['target']}; unset one of them"
    ]


def _require_nothing_of_a_target(settings: Settings) -> None:
    given = [name for name in TARGET_SETTINGS if name in settings.model_fields_set]
    if given:
        raise SettingsError(
            f"{_env('base_url')}: is not set, but {_env(given[0])} is; write the target's URL, "
            "such as https://staging.example/v1"
        )


def _line(error: ErrorDetails) -> str:
    message = error["msg"].removeprefix("Value error, ")
    if not error["loc"]:
        return f"{PREFIX}{message}"
    name, *inner = map(str, error["loc"])
    where = "".join(f"[{part}]" for part in inner if part != "[key]")
    if name in SECRET_SETTINGS:
        where = ""
    return f"{_env(name)}{where}: {_wording(error, message, secret=name in SECRET_SETTINGS)}"


def _wording(error: ErrorDetails, message: str, *, secret: bool) -> str:
    if error["type"] in {"value_error", "assertion_error"}:
        return message
    given = "its value" if secret else f'"{error["input"]}"'
    if error["type"] == "enum":
        return f"{given} is not one of {error['ctx']['expected'].replace(chr(39), '')}"
    return message.replace("Input", given, 1)


def lines(texts: Iterable[str]) -> Iterator[str]:
    """Keep every message on one line, whatever a value held."""
    for text in texts:
        yield " ".join(text.split())
