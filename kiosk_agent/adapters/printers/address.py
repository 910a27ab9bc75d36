"""Where a printer is, as the setting `printer` says it."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_HEX: Final = re.compile(r"[0-9a-fA-F]{4}")
_MOST_PORT: Final = 65_535
_USUAL_PORT: Final = 9100
_USUAL_BAUD: Final = 38_400
SHAPES: Final = "network:HOST[:PORT], serial:DEVICE[:BAUD], usb:VENDOR:PRODUCT or file:PATH"


@dataclass(frozen=True, slots=True)
class Network:
    """A printer with an address of its own, or behind a print server."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Serial:
    """A printer on a serial line."""

    device: Path
    baud: int


@dataclass(frozen=True, slots=True)
class Usb:
    """A printer on USB, by its ids in hexadecimal (`lsusb`)."""

    vendor: int
    product: int


@dataclass(frozen=True, slots=True)
class File:
    """A device or file that takes what is printed and answers nothing."""

    path: Path


PrinterAddress = Network | Serial | Usb | File


def parse_address(text: str) -> PrinterAddress:
    """Return the address; ValueError says what it may look like."""
    scheme, _, rest = text.partition(":")
    parts = rest.split(":")
    try:
        match scheme, parts:
            case "network", [host]:
                return Network(_host(host), _USUAL_PORT)
            case "network", [host, port]:
                return Network(_host(host), _number(port, _MOST_PORT))
            case "serial", [device]:
                return Serial(_absolute(device), _USUAL_BAUD)
            case "serial", [device, baud]:
                return Serial(_absolute(device), _number(baud, 4_000_000))
            case "usb", [vendor, product]:
                return Usb(_hex(vendor), _hex(product))
            case "file", [path]:
                return File(_absolute(path))
            case _:
                msg = f"{text!r} is none of {SHAPES}"
    except ValueError as error:
        msg = f"{text!r}: {error}; it is {SHAPES}"
    raise ValueError(msg)


def _host(text: str) -> str:
    if not text:
        msg = "it names no host"
        raise ValueError(msg)
    return text


def _absolute(text: str) -> Path:
    path = Path(text)
    if not path.is_absolute():
        msg = f"{text!r} is no absolute path"
        raise ValueError(msg)
    return path


def _number(text: str, most: int) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= most:
        msg = f"{text!r} is no number from 1 to {most}"
        raise ValueError(msg)
    return int(text)


def _hex(text: str) -> int:
    if not _HEX.fullmatch(text):
        msg = f"{text!r} is not four hexadecimal digits"
        raise ValueError(msg)
    return int(text, 16)
