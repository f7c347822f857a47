"""The places that settings come from, filled by a test."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from contracts.handoff import VARIABLE
from contracts.layers import Loaded, SettingsError, load
from contracts.settings import PREFIX, Settings

URL: Final = "https://staging.example/v1"
KEY: Final = "sk_live_aB3dE5fG7hJ9kL2mN4pQ"

TARGET_TOML: Final = f"""
[targets.staging]
base_url = "{URL}"
api_key = "{KEY}"
depth = "thorough"
seed = 4
"""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A working directory and an environment.

    Attributes:
        directory: Where `.env` and `busyboard.toml` lie.
        patch: Takes everything back after the test.
    """

    directory: Path
    patch: pytest.MonkeyPatch

    def environ(self, **settings: str) -> None:
        """Set variables by field name."""
        for name, value in settings.items():
            self.patch.setenv(f"{PREFIX}{name.upper()}", value)

    def dotenv(self, **settings: str) -> None:
        """Write `.env` by field name."""
        lines = [f"{PREFIX}{name.upper()}='{value}'\n" for name, value in settings.items()]
        (self.directory / ".env").write_text("".join(lines), "utf-8")

    def toml(self, text: str) -> None:
        """Write `busyboard.toml`."""
        (self.directory / "busyboard.toml").write_text(text, "utf-8")

    def file(self, name: str, content: str | bytes = "{}") -> Path:
        """Write a file."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def target(self, **settings: str) -> Settings:
        """Load with a target, its key and these variables."""
        self.environ(**({"base_url": URL, "api_key": KEY} | settings))
        return load().settings

    def loaded(self, **options: str) -> Loaded:
        """Load with these options and nothing more."""
        return load(options)

    def refused(self, **options: str) -> tuple[str, ...]:
        """Give the lines that refuse what there is with these options."""
        with pytest.raises(SettingsError) as caught:
            load(options)
        return caught.value.lines

    def refusal(self, **settings: str) -> tuple[str, ...]:
        """Give the lines that refuse a target with these variables."""
        with pytest.raises(SettingsError) as caught:
            self.target(**settings)
        return caught.value.lines

    def as_child(self, loaded: Loaded, directory: Path) -> Loaded:
        """Load once more as a process that was started with these settings, somewhere else."""
        names = [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]
        for name in names:
            self.patch.delenv(name, raising=False)
        for name, value in loaded.environment.items():
            self.patch.setenv(name, value)
        self.patch.setenv(VARIABLE, "{}")
        directory.mkdir(exist_ok=True)
        self.patch.chdir(directory)
        return load()
