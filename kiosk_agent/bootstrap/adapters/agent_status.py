"""The agent's own word on how it stands, by its admin socket."""

import http.client
import socket
from pathlib import Path

from pydantic import ValidationError

from kiosk_contracts.kiosk_status import KioskStatus
from kiosk_contracts.version import PROTOCOL_HEADER, PROTOCOL_VERSION

_TIMEOUT_S = 5
_MOST_BYTES = 4 * 1024 * 1024
_OK = 200


class _OverSocket(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("agent", timeout=_TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(_TIMEOUT_S)
        self.sock.connect(str(self._path))


def agent_status(admin_socket: Path) -> KioskStatus | None:
    """Return how the agent stands; None while it does not answer."""
    connection = _OverSocket(admin_socket)
    try:
        connection.request("GET", "/v1/status", headers={PROTOCOL_HEADER: str(PROTOCOL_VERSION)})
        answer = connection.getresponse()
        body = answer.read(_MOST_BYTES)
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    if answer.status != _OK:
        return None
    try:
        return KioskStatus.model_validate_json(body)
    except ValidationError:
        return None
