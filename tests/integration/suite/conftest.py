"""What runs begun ahead of their tests share."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def _made_before_threads_ask(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Two threads that ask for the first temporary folder at once get a bad root."""
    tmp_path_factory.getbasetemp()
