"""Every mode by name; importing this module registers those of the modules beside it."""

from tests.servers.degenerate import answers, documents, framing  # noqa: F401  for registration
from tests.servers.degenerate.registry import DOCUMENT_MODES, OPERATION_MODES, find_mode

# Wrong before any request is read.
PORT_MODES = ("not-accepting", "plaintext-https", "refusing")

__all__ = ["DOCUMENT_MODES", "OPERATION_MODES", "PORT_MODES", "find_mode"]
