"""A receipt printer behind a real socket or serial line: it obeys ESC/POS as a real one does.

It prints byte by byte, stops where paper runs out or its cover opens and goes on afterwards,
answers DLE EOT at once and GS r in its turn. Each cut ends a sheet.
"""

import os
import re
import socket
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from escpos.capabilities import get_profile
from escpos.magicencode import Encoder

COMMANDS = re.compile(
    rb"\x1b@|\x1b[!EaatMGR3J-].|\x1bd.|\x1dV[\x00\x01]|\x1d![\x00-\xff]|\x1bt.", re.DOTALL
)
_READ = frozenset({"CP437", "CP850", "CP858", "ISO_8859-15", "CP1252"})
_UPPER_HALF = 0x80
_CUT = re.compile(rb"\x1dV[\x00\x01]", re.DOTALL)


@dataclass
class FakePrinter:
    """Its state, and what it printed."""

    lines_left: int = 10_000
    paper_low: bool = False
    cover_open: bool = False
    mute: bool = False
    """It takes what it gets and answers nothing."""
    cover_opens_after_lines: int | None = None
    unplugged_after_lines: int | None = None
    unplugged: bool = False
    """Nobody reaches it, and what was in its memory is gone."""
    sheets: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    received: bytearray = field(default_factory=bytearray)
    _page: int = 0
    _line: str = ""
    _sheet: str = ""
    _waiting: bytearray = field(default_factory=bytearray)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def out(self) -> bool:
        """Whether there is no paper."""
        return self.lines_left <= 0

    def take(self, data: bytes) -> bytes:
        """Take bytes; return what it answers to them."""
        with self._lock:
            self.received += data
            answers = b""
            for real_time in re.findall(rb"\x10\x04([\x01-\x04])", data):
                answers += bytes([self._status(real_time[0])])
            self._waiting += re.sub(rb"\x10\x04[\x01-\x04]", b"", data)
            answers += self._print()
            return b"" if self.mute else answers

    def new_roll(self) -> None:
        """Put paper in; what waits in its memory is printed."""
        with self._lock:
            self.lines_left = 10_000
            self._print()

    def open_cover(self) -> None:
        """Open it; nothing is printed meanwhile."""
        with self._lock:
            self.cover_open = True

    def close_cover(self) -> None:
        """Close it; what waits in its memory is printed."""
        with self._lock:
            self.cover_open = False
            self._print()

    def plug_in(self) -> None:
        """Let it be reached again, with an empty memory; what was half printed is torn off."""
        with self._lock:
            self.unplugged = False
            self._waiting.clear()
            self._line = self._sheet = ""

    def _status(self, kind: int) -> int:
        stopped = self.out or self.cover_open
        match kind:
            case 1:
                return 0x12 | (0x08 if stopped else 0)
            case 2:
                return 0x12 | (0x04 if self.cover_open else 0) | (0x20 if self.out else 0)
            case _:
                low = 0x0C if self.paper_low or self.out else 0
                return 0x12 | low | (0x60 if self.out else 0)

    def _print(self) -> bytes:
        answers = b""
        while self._waiting and not self.out and not self.cover_open and not self.unplugged:
            data = bytes(self._waiting)
            if data.startswith(b"\x1dr"):
                answers += b"\x00"
                step = 3
            elif data.startswith(b"\x1d(k"):
                step = 5 + data[3] + 256 * data[4]
                self._code(data[5:step])
            elif data.startswith(b"\x1bd"):
                step = 3
            elif match := COMMANDS.match(data):
                step = match.end()
                if data.startswith(b"\x1bt"):
                    self._page = data[2]
                if _CUT.match(data):
                    self._cut()
            elif data[:1] == b"\n":
                step = 1
                self._feed()
            else:
                step = 1
                self._line += _char(self._page, data[0])
            del self._waiting[:step]
        return answers

    def _code(self, body: bytes) -> None:
        if body[:3] == b"1P0":
            self.codes.append(body[3:].decode())
            self._sheet += f"[{body[3:].decode()}]"

    def _feed(self) -> None:
        self._sheet += self._line + "\n"
        self._line = ""
        self.lines_left -= 1
        if self.cover_opens_after_lines is not None:
            self.cover_opens_after_lines -= 1
            if self.cover_opens_after_lines == 0:
                self.cover_open, self.cover_opens_after_lines = True, None

        if self.unplugged_after_lines is not None:
            self.unplugged_after_lines -= 1
            if self.unplugged_after_lines == 0:
                self.unplugged, self.unplugged_after_lines = True, None

    def _cut(self) -> None:
        self.sheets.append(self._sheet)
        self._sheet = ""


@cache
def _pages() -> dict[int, list[str]]:
    """Return the upper halves of the code pages that the library's usual printer has."""
    pages = get_profile("default").get_code_pages()
    encoder = Encoder(pages)
    return {
        int(number): encoder._get_codepage_char_list(name)
        for name, number in pages.items()
        if name in _READ
    }


def _char(page: int, byte: int) -> str:
    return chr(byte) if byte < _UPPER_HALF else _pages()[page][byte - _UPPER_HALF]


@contextmanager
def on_network(printer: FakePrinter) -> Iterator[str]:
    """Serve it on loopback; yields the setting `printer`."""
    server = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=_serve, args=(server, printer), daemon=True)
    thread.start()
    try:
        yield f"network:127.0.0.1:{server.getsockname()[1]}"
    finally:
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)


@contextmanager
def on_serial(printer: FakePrinter) -> Iterator[str]:
    """Serve it on a pseudo-terminal; yields the setting `printer`."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    thread = threading.Thread(target=_serve_serial, args=(ours, printer), daemon=True)
    thread.start()
    try:
        yield f"serial:{os.ttyname(theirs)}"
    finally:
        os.close(theirs)
        thread.join(5)
        os.close(ours)


def sheets_of(path: Path) -> list[str]:
    """Return what a file printer got, as a printer would print it."""
    printer = FakePrinter()
    printer.take(path.read_bytes())
    return printer.sheets


def _serve(server: socket.socket, printer: FakePrinter) -> None:
    with suppress(OSError):
        while True:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                while not printer.unplugged and (data := connection.recv(4096)):
                    answers = printer.take(data)
                    if not printer.unplugged:
                        connection.sendall(answers)


def _serve_serial(descriptor: int, printer: FakePrinter) -> None:
    with suppress(OSError):
        while data := os.read(descriptor, 4096):
            os.write(descriptor, printer.take(data))


def lines(sheet: str) -> list[Any]:
    """Return the lines of a sheet that say something."""
    return [line.strip() for line in sheet.splitlines() if line.strip()]
