"""Certificates that nobody trusts but who is told to."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

LOOPBACK: Final = "DNS:localhost,IP:127.0.0.1"


def certify(*, key: Path, certificate: Path, names: str = LOOPBACK) -> bool:
    """Make a self-signed certificate.

    Args:
        key: Where its key is written.
        certificate: Where it is written itself.
        names: Hosts and addresses it is for.

    Returns:
        False where the machine has no `openssl`.
    """
    if shutil.which("openssl") is None:
        return False
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-addext", f"subjectAltName={names}"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        capture_output=True,
        check=True,
    )
    return True
