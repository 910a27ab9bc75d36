"""The serial scanner's address, the device that comes and goes, and the file of the layout."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk_agent.adapters.scanner_layout_file import FileScannerLayouts
from kiosk_agent.adapters.scanners.address import SerialAddress, parse_scanner
from kiosk_agent.adapters.scanners.serial_scanner import SerialScanner
from kiosk_agent.ports.scanner import ScannerAwayError
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.scanning import CODE_CHARACTERS, ScannerLayout
from tests.support.fake_scanner import FakeScanner, fake_scanner

LAYOUT = ScannerLayout(
    arrives=CODE_CHARACTERS[::-1],
    learnt_by="ana",
    learnt_at=datetime(2026, 11, 21, 19, 0, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("serial:/dev/ttyACM0", SerialAddress(Path("/dev/ttyACM0"), 9600)),
        (
            "serial:/dev/serial/by-id/usb-1:115200",
            SerialAddress(Path("/dev/serial/by-id/usb-1"), 115_200),
        ),
    ],
)
def test_an_address_is_a_device_and_a_speed(text: str, address: SerialAddress) -> None:
    assert parse_scanner(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "serial:",
        "serial:ttyACM0",
        "usb:1:2",
        "/dev/ttyACM0",
        "serial:/dev/x:fast",
        "serial:/dev/x:0",
    ],
)
def test_another_address_says_what_it_may_look_like(text: str) -> None:
    with pytest.raises(ValueError, match=r"serial:DEVICE\[:BAUD\]"):
        parse_scanner(text)


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _port(scanner: FakeScanner) -> SerialScanner:
    return SerialScanner(parse_scanner(scanner.setting))


async def test_what_it_scans_is_read_and_what_it_sent_before_is_not(tmp_path: Path) -> None:
    with fake_scanner(tmp_path) as scanner:
        scanner.plug_in()
        scanner.scan("STALE")
        async with _port(scanner).opened() as opened:
            reading = asyncio.ensure_future(opened.read())
            await asyncio.sleep(0)
            assert not reading.done()
            scanner.scan("EP1A")
            assert await reading == b"EP1A\r\n"


async def test_one_that_is_not_there_is_away(tmp_path: Path) -> None:
    with fake_scanner(tmp_path) as scanner, pytest.raises(ScannerAwayError):
        async with _port(scanner).opened():
            pass


async def test_unplugged_while_it_is_read_it_is_away_and_plugged_in_it_is_back(
    tmp_path: Path,
) -> None:
    before = _open_files()
    with fake_scanner(tmp_path) as scanner:
        for _ in range(3):
            scanner.plug_in()
            async with _port(scanner).opened() as opened:
                scanner.scan("EP1A")
                assert await opened.read() == b"EP1A\r\n"
                scanner.unplug()
                with pytest.raises(ScannerAwayError):
                    await opened.read()
    assert _open_files() == before, "nothing stays open"


async def test_reading_that_was_cancelled_loses_nothing(tmp_path: Path) -> None:
    with fake_scanner(tmp_path) as scanner:
        scanner.plug_in()
        async with _port(scanner).opened() as opened:
            reading = asyncio.ensure_future(opened.read())
            await asyncio.sleep(0)
            reading.cancel()
            scanner.scan("EP1A")
            assert await opened.read() == b"EP1A\r\n"


def test_a_layout_is_kept_in_its_folder_and_forgotten_again(tmp_path: Path) -> None:
    layouts = FileScannerLayouts(tmp_path)
    assert layouts.load() is None
    layouts.save(LAYOUT)
    assert FileScannerLayouts(tmp_path).load() == LAYOUT
    assert [path.name for path in tmp_path.iterdir()] == ["scanner.json"]
    layouts.save(None)
    assert layouts.load() is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"\xff", json.dumps({"arrives": "AA"}).encode()]
)
def test_a_damaged_file_counts_as_none(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "scanner.json").write_bytes(body)
    assert FileScannerLayouts(tmp_path).load() is None


def test_a_folder_that_takes_nothing_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(ProblemError) as refused:
        FileScannerLayouts(tmp_path / "gone").save(LAYOUT)
    assert refused.value.code == "storage_full"
