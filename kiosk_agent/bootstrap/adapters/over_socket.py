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
    try:
        status, body = ask(path, "GET", target)
        return json.loads(body) if status == _OK else None
    except (OSError, ValueError):
        return None


def ask(path: Path, method: str, target: str, told: Any = None) -> tuple[int, bytes]:
    """Return a status and the body of an answer; `told`, if any, goes along as JSON.

    Raises OSError while nobody answers.
    """
    connection = _OverSocket(path)
    sent = None if told is None else json.dumps(told).encode()
    headers = {PROTOCOL_HEADER: str(PROTOCOL_VERSION), "Content-Type": "application/json"}
    try:
        connection.request(method, target, body=sent, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read(_MOST_BYTES)
    except http.client.HTTPException as error:
        raise OSError(str(error)) from error
    finally:
        connection.close()
