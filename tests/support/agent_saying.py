"""An agent, or a supervisor, of which only the socket is there: it says what a test says."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from typing import Any

SELLING = {
    "kiosk_id": "till-1",
    "kiosk_code": "HB1",
    "venue_name": "Harbour Hall",
    "agent_version": "0.1.0",
    "line": "online",
    "line_since": "2026-11-26T12:00:00Z",
    "last_contact_at": "2026-11-26T12:00:00Z",
    "journal_id": "0197a000-0000-7000-8000-000000000001",
    "epoch": 1,
    "last_sequence": 0,
    "counts": {},
    "unsent": 0,
    "oldest_unsent_at": None,
    "stock": [
        {
            "event_id": "night-tide",
            "event_name": "Night Tide",
            "ticket_type_id": "adult",
            "ticket_type_name": "Adult",
            "left": 40,
            "held": 0,
        }
    ],
    "open_carts": 0,
    "draining": False,
    "warnings": [],
}
"""The status of a kiosk that sells."""


@contextmanager
def agent_saying(
    socket_path: Path, status: dict[str, Any] | Callable[[], dict[str, Any]]
) -> Iterator[None]:
    """Serve an agent's status at its admin socket; a callable is asked each time."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sent = json.dumps(status() if callable(status) else status).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def address_string(self) -> str:
            return "unix"

        def log_message(self, *_: object) -> None:  # type: ignore[override]
            return

    socket_path.parent.mkdir(parents=True, exist_ok=True)
    server = ThreadingUnixStreamServer(str(socket_path), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
        socket_path.unlink()
