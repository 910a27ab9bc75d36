"""A scanner on a serial line, read without a thread: the event loop tells when something came."""

import asyncio
import os
import termios
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Self

from serial import Serial, SerialException

from kiosk_agent.adapters.scanners.address import SerialAddress
from kiosk_agent.ports.scanner import ScannerAwayError

_CHUNK: Final = 4096


class SerialScanner:
    """A ScannerPort at a device, which may go and come back."""

    def __init__(self, address: SerialAddress) -> None:
        self._address = address

    @asynccontextmanager
    async def opened(self) -> AsyncIterator["OpenSerialScanner"]:
        """Open the device for us alone; what it had sent before is stale and thrown away."""
        device, baud = str(self._address.device), self._address.baud
        try:
            line = await asyncio.to_thread(Serial, device, baud, timeout=0, exclusive=True)
        except (SerialException, OSError, ValueError) as error:
            raise ScannerAwayError(str(error)) from error
        try:
            with OpenSerialScanner(line) as scanner:
                yield scanner
        finally:
            line.close()


class OpenSerialScanner:
    """An OpenScanner."""

    def __init__(self, line: Serial) -> None:
        self._line = line
        self._readable = asyncio.Event()

    def __enter__(self) -> Self:
        try:
            self._descriptor: int = self._line.fileno()
            _tell_nothing_from_gone(self._descriptor)
            self._line.reset_input_buffer()
        except (SerialException, OSError, termios.error) as error:
            raise ScannerAwayError(str(error)) from error
        asyncio.get_running_loop().add_reader(self._descriptor, self._readable.set)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._descriptor)

    async def read(self) -> bytes:
        """Return what came, at least one byte. Raises ScannerAwayError once it is unplugged."""
        while True:
            await self._readable.wait()
            self._readable.clear()
            try:
                data = os.read(self._descriptor, _CHUNK)
            except BlockingIOError:
                continue
            except OSError as error:
                raise ScannerAwayError(str(error)) from error
            if not data:
                raise ScannerAwayError("the device has gone")
            return data


def _tell_nothing_from_gone(descriptor: int) -> None:
    """Let an empty read mean that the device has gone; the library has it mean nothing came."""
    settings = termios.tcgetattr(descriptor)
    settings[6][termios.VMIN] = 1
    termios.tcsetattr(descriptor, termios.TCSANOW, settings)
