"""Certificates that nobody trusts but who is told to."""

import shutil
import subprocess
from pathlib import Path


def certify(*, key: Path, certificate: Path) -> bool:
    """Make a self-signed certificate for loopback.

    Args:
        key: Where its key is written.
        certificate: Where it is written itself.

    Returns:
        False where the machine has no `openssl`.
    """
    if shutil.which("openssl") is None:
        return False
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        capture_output=True,
        check=True,
    )
    return True
