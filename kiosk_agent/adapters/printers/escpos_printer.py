"""A receipt printer that speaks ESC/POS: over a network, a serial line, USB, or into a file.

It is asked how it is before a sheet, and tells when it has printed what came before. It does not
tell what became of a sheet that it stopped in: that one is doubtful for ever.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from escpos.constants import DLE, EOT
from escpos.escpos import Escpos
from escpos.exceptions import Error as EscposError
from escpos.printer import Network as NetworkDevice
from escpos.printer import Serial as SerialDevice
from escpos.printer import Usb as UsbDevice

from kiosk_agent.adapters.printers.address import File, Network, PrinterAddress, Serial, Usb
from kiosk_agent.adapters.printers.escpos_bytes import render
from kiosk_agent.domain.paper import Sheet
from kiosk_agent.ports.printer import PrinterError
from kiosk_contracts.printing import PrinterState

_WHY_OFFLINE: Final = DLE + EOT + b"\x02"
_PAPER: Final = DLE + EOT + b"\x04"
_TELL_WHEN_DONE: Final = b"\x1dr\x01"
"""GS r 1 is answered in its turn, after all that was sent before is printed."""
_COVER_OPEN: Final = 0x04
_STOPPED_FOR_PAPER: Final = 0x20
_PAPER_OUT: Final = 0x60
_PAPER_LOW: Final = 0x0C
_ANSWERS_AT_ONCE_S: Final = 2.0


class _Network(NetworkDevice):  # type: ignore[misc]
    """The library's, which loses a socket that does not connect, and knows no IPv6."""

    def open(self, raise_not_found: bool = True) -> None:  # noqa: FBT001, FBT002  the library's
        del raise_not_found
        self.device = socket.create_connection((self.host, self.port), self.timeout)


class _Serial(SerialDevice):  # type: ignore[misc]
    """The library's, which waits for sixteen bytes where a printer answers one."""

    def _read(self) -> bytes:
        answer: bytes = self.device.read(1)
        return answer


class EscposPrinter:
    """A Printer. Each sheet has a connection of its own, so a printer may go and come back."""

    def __init__(
        self,
        address: PrinterAddress,
        *,
        columns: int = 42,
        profile: str = "default",
        prints_within_s: float = 15.0,
    ) -> None:
        self._address = address
        self._columns = columns
        self._profile = profile
        self._prints_within_s = prints_within_s

    def state(self) -> PrinterState:
        """Ask how it is; UNREACHABLE if it does not answer. Never raises."""
        if isinstance(self._address, File):
            return _state_of_file(self._address)
        try:
            with self._device(self._address, _ANSWERS_AT_ONCE_S) as device:
                return _ask(device)
        except (EscposError, OSError, ValueError):
            return PrinterState.UNREACHABLE

    def print(self, sheet: Sheet) -> None:
        """Return once the sheet is printed, as far as the printer can tell; PrinterError."""
        data = render(sheet, self._columns, self._profile)
        if isinstance(self._address, File):
            _append(self._address, data)
            return
        begun = False
        try:
            with self._device(self._address, self._prints_within_s) as device:
                state = _ask(device)
                if state not in {PrinterState.READY, PrinterState.PAPER_LOW}:
                    raise PrinterError(state, "it was not ready", begun=False)
                begun = True
                device._raw(data)  # noqa: SLF001  the library's way to send what Dummy has made
                done = device.query_status(_TELL_WHEN_DONE)
        except (EscposError, OSError, ValueError) as error:
            raise PrinterError(self.state(), str(error), begun=begun) from error
        if not done:
            raise PrinterError(self.state(), "it did not say that it was done", begun=True)

    @contextmanager
    def _device(self, address: Network | Serial | Usb, timeout_s: float) -> Iterator[Escpos]:
        device = _connect(address, timeout_s)
        try:
            device.open()
            yield device
        finally:
            device.close()


def _connect(address: Network | Serial | Usb, timeout_s: float) -> Any:
    match address:
        case Network():
            return _Network(address.host, address.port, timeout=timeout_s)
        case Serial():
            return _Serial(str(address.device), address.baud, timeout=timeout_s, dsrdtr=False)
        case Usb():
            return UsbDevice(address.vendor, address.product, timeout=int(timeout_s * 1000))


def _ask(device: Escpos) -> PrinterState:
    why, paper = device.query_status(_WHY_OFFLINE), device.query_status(_PAPER)
    if not why or not paper:
        return PrinterState.UNREACHABLE
    if why[-1] & _COVER_OPEN:
        return PrinterState.COVER_OPEN
    if why[-1] & _STOPPED_FOR_PAPER or paper[-1] & _PAPER_OUT:
        return PrinterState.PAPER_OUT
    return PrinterState.PAPER_LOW if paper[-1] & _PAPER_LOW else PrinterState.READY


def _state_of_file(address: File) -> PrinterState:
    target = address.path if address.path.exists() else address.path.parent
    writable = target.exists() and os.access(target, os.W_OK)
    return PrinterState.READY if writable else PrinterState.UNREACHABLE


def _append(address: File, data: bytes) -> None:
    begun = False
    try:
        with address.path.open("ab", buffering=0) as file:
            begun = True
            file.write(data)
            if address.path.is_file():
                os.fsync(file.fileno())
    except OSError as error:
        raise PrinterError(PrinterState.UNREACHABLE, str(error), begun=begun) from error
