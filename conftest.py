"""The checks' own plugin; every fixture lives there or in the conftest nearest to its use."""

pytest_plugins = ["contracts.pytest_plugin"]
