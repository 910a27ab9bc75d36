"""Asks a service of this host over its unix socket."""

import http.client
import json
import socket
from pathlib import Path
from typing import Any, Final

from kiosk_contracts.version import PROTOCOL_HEADER, PROTOCOL_VERSION

_TIMEOUT_S: Final = 5
_MOST_BYTES: Final = 4 * 1024 * 1024
_OK: Final = 200


class _OverSocket(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("agent", timeout=_TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(_TIMEOUT_S)
        self.sock.connect(str(self._path))


def get_json(path: Path, target: str) -> Any:
    """Return what is answered there; None while nobody answers, or with something else."""
    connection = _OverSocket(path)
    try:
        connection.request("GET", target, headers={PROTOCOL_HEADER: str(PROTOCOL_VERSION)})
        answer = connection.getresponse()
        body = answer.read(_MOST_BYTES)
        return json.loads(body) if answer.status == _OK else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
