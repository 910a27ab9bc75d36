"""The venue's line to one service: a relay that a test cuts, by refusing or by swallowing all."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from urllib.parse import urlsplit


class How(StrEnum):
    """How a line is."""

    UP = "up"
    REFUSED = "refused"
    BLACK_HOLE = "black hole"
    """Whatever is sent vanishes."""


class CutLine:
    """One relay. `heard` is asked of all that a client sends, before it is passed on."""

    def __init__(self, target: str) -> None:
        self._target = (urlsplit(target).hostname or "", urlsplit(target).port or 80)
        self._how = How.UP
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self.heard: Callable[[bytes], None] = lambda _: None
        self._listen()

    def cut(self, how: How) -> None:
        """Cut the line, also that of who talks now; or restore it."""
        with self._lock:
            was, self._how = self._how, how
            if how is How.REFUSED and was is not How.REFUSED:
                self._stop_listening()
            if how is not How.BLACK_HOLE:
                # What was swallowed is lost with its connection.
                self._hang_up()
            if was is How.REFUSED and how is not How.REFUSED:
                self._listener = socket.create_server(("127.0.0.1", self._port))
                self._listen()

    def close(self) -> None:
        """End it."""
        with self._lock:
            if self._how is not How.REFUSED:
                self._stop_listening()
            self._hang_up()

    def _listen(self) -> None:
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _stop_listening(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _hang_up(self) -> None:
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._open.clear()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
                far = socket.create_connection(self._target)
            except OSError:
                return
            with self._lock:
                self._open += [near, far]
            for pair in ((near, far, True), (far, near, False)):
                threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, listens: bool) -> None:  # noqa: FBT001
        with suppress(OSError):
            while data := source.recv(65536):
                if listens:
                    self.heard(data)
                if self._how is How.UP:
                    sink.sendall(data)
                elif self._how is How.REFUSED:
                    break
        if self._how is How.UP:
            with suppress(OSError):
                sink.shutdown(socket.SHUT_WR)


@contextmanager
def cut_line(target: str) -> Iterator[CutLine]:
    """Lay a line to an address until the block ends."""
    line = CutLine(target)
    try:
        yield line
    finally:
        line.close()
