"""The adapter before a printer that behaves like one, over a socket, a serial line, a file."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from unicodedata import east_asian_width

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk_agent.adapters.printers.address import (
    File,
    Network,
    Serial,
    Usb,
    parse_address,
)
from kiosk_agent.adapters.printers.escpos_bytes import render
from kiosk_agent.adapters.printers.escpos_printer import EscposPrinter
from kiosk_agent.domain.paper import Code, Line, Pair, Rule, Sheet
from kiosk_agent.ports.printer import PrinterError
from kiosk_contracts.printing import PrinterState
from tests.support.fake_printer import (
    COMMANDS,
    FakePrinter,
    lines,
    on_network,
    on_serial,
    sheets_of,
)

TICKET: Sheet = (
    Line("Harbour Hall", centred=True),
    Line("Tide & Timber", strong=True, large=True),
    Pair("Adult", "12.50 EUR"),
    Rule(),
    Code("EP1" + "A" * 118),
)
_Served = Callable[[FakePrinter], AbstractContextManager[str]]


def _printer(address: str, within_s: float = 5.0) -> EscposPrinter:
    return EscposPrinter(parse_address(address), prints_within_s=within_s)


@pytest.mark.parametrize("served", [on_network, on_serial])
def test_a_sheet_comes_out_whole(served: _Served) -> None:
    fake = FakePrinter()
    with served(fake) as address:
        printer = _printer(address)
        assert printer.state() is PrinterState.READY
        printer.print(TICKET)
        printer.print((Line("Receipt"),))
    ticket, receipt = fake.sheets
    assert lines(ticket)[:4] == [
        "Harbour Hall",
        "Tide & Timber",
        "Adult" + "12.50 EUR".rjust(37),
        "-" * 42,
    ]
    assert fake.codes == ["EP1" + "A" * 118]
    assert lines(receipt) == ["Receipt"]


def test_a_file_takes_one_sheet_after_the_other(tmp_path: Path) -> None:
    path = tmp_path / "paper"
    printer = _printer(f"file:{path}")
    assert printer.state() is PrinterState.READY
    printer.print(TICKET)
    printer.print((Line("Receipt"),))
    assert [lines(sheet)[0] for sheet in sheets_of(path)] == ["Harbour Hall", "Receipt"]


@pytest.mark.parametrize(
    ("fake", "state"),
    [
        (FakePrinter(paper_low=True), PrinterState.PAPER_LOW),
        (FakePrinter(lines_left=0), PrinterState.PAPER_OUT),
        (FakePrinter(cover_open=True), PrinterState.COVER_OPEN),
        (FakePrinter(cover_open=True, lines_left=0), PrinterState.COVER_OPEN),
    ],
)
def test_it_says_how_it_is(fake: FakePrinter, state: PrinterState) -> None:
    with on_network(fake) as address:
        assert _printer(address).state() is state


@pytest.mark.parametrize("fake", [FakePrinter(lines_left=0), FakePrinter(cover_open=True)])
def test_nothing_is_sent_to_one_that_is_not_ready(fake: FakePrinter) -> None:
    with on_network(fake) as address, pytest.raises(PrinterError) as refused:
        _printer(address).print(TICKET)
    assert not refused.value.begun
    assert b"Harbour" not in fake.received


@pytest.mark.parametrize(
    ("fake", "state"),
    [
        (FakePrinter(lines_left=2), PrinterState.PAPER_OUT),
        (FakePrinter(cover_opens_after_lines=2), PrinterState.COVER_OPEN),
        (FakePrinter(unplugged_after_lines=2), PrinterState.UNREACHABLE),
    ],
)
def test_a_sheet_that_it_stops_in_is_doubtful(fake: FakePrinter, state: PrinterState) -> None:
    with on_network(fake) as address, pytest.raises(PrinterError) as stopped:
        _printer(address, within_s=0.3).print(TICKET)
    assert stopped.value.begun
    assert stopped.value.state is state
    assert not fake.sheets


def test_one_that_is_not_there_is_unreachable() -> None:
    with on_network(FakePrinter()) as address:
        pass
    printer = _printer(address)
    assert printer.state() is PrinterState.UNREACHABLE
    with pytest.raises(PrinterError) as refused:
        printer.print(TICKET)
    assert (refused.value.begun, refused.value.state) == (False, PrinterState.UNREACHABLE)


def test_one_that_answers_nothing_gets_nothing() -> None:
    fake = FakePrinter(mute=True)
    with on_network(fake) as address, pytest.raises(PrinterError) as refused:
        _printer(address, within_s=0.3).print(TICKET)
    assert not refused.value.begun


def test_a_file_that_can_not_be_written_is_unreachable(tmp_path: Path) -> None:
    printer = _printer(f"file:{tmp_path / 'gone' / 'paper'}")
    assert printer.state() is PrinterState.UNREACHABLE
    with pytest.raises(PrinterError) as refused:
        printer.print(TICKET)
    assert not refused.value.begun


@pytest.mark.parametrize(
    "name",
    [
        "\x1b@\x1dV\x00 evil",
        "two\nlines",
        "\u202eright to left",
        "\x10\x04\x01",
        "zero\u200bwidth",
        "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
    ],
)
def test_no_name_is_a_command(name: str) -> None:
    fake = FakePrinter()
    with on_network(fake) as address:
        _printer(address).print((Line(name), Line("end")))
    assert len(fake.sheets) == 1
    assert lines(fake.sheets[0])[-1] == "end"
    assert name.encode() not in fake.received


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("Müller", "Müller"),
        ("Mu\u0308ller", "Müller"),
        ("東京 Tokyo", "?? Tokyo"),
        ("Kafe\u0301 \uff22ar ｶﾅ 한", "Kafé ?ar ?? ?"),
        ("Zoë\u0308\u0301 + Jo\u20dd", "Zoë + Jo"),
        ("\u0301Tide", "Tide"),
        ("a\u0331c\u0331", "ac"),
        ("☃\ufe0f 👩\u200d👩\u200d👧 👍🏽", "? ??? ??"),
        ("A" * 50, "A" * 42),
    ],
)
def test_names_are_printed_as_far_as_the_code_pages_go(name: str, printed: str) -> None:
    fake = FakePrinter()
    with on_network(fake) as address:
        _printer(address).print((Line(name),))
    assert lines(fake.sheets[0])[0] == printed


_NARROW_AND_WIDE = "aé 漢字한ｶ👩🇩🇪☃①→Жשก"
_WITHOUT_A_CELL = "\u0301\u0331\u20dd\u05b8\ufe0f\u200d"


def _cells(printed: bytes) -> list[bytes]:
    """Return the lines as a printer puts them into cells: every byte that is no command."""
    return COMMANDS.sub(b"", printed).splitlines()


@settings(max_examples=200, deadline=None)
@given(
    st.text(_NARROW_AND_WIDE + _WITHOUT_A_CELL, min_size=1, max_size=60),
    st.sampled_from([24, 32, 42]),
)
def test_amounts_end_in_the_last_column_whatever_stands_before_them(
    name: str, columns: int
) -> None:
    sheet = (Pair(name, "12.50"), Pair("Total", "12.50"))
    *names, last, total = _cells(render(sheet, columns, "default"))
    assert last.endswith(b"12.50")
    assert len(last) == len(total) == columns
    assert all(len(line) <= columns for line in names)


def test_a_vowel_of_thai_is_sent_to_a_printer_that_has_it() -> None:
    (written,) = _cells(render((Line("\u0e01\u0e34"),), 42, "default"))
    assert written.decode("cp874") == "\u0e01\u0e34"


@pytest.mark.parametrize("profile", ["default", "TM-T88V", "NT-5890K", "simple"])
def test_no_page_has_a_character_that_is_wide_or_takes_two_bytes(profile: str) -> None:
    wide = [chr(code) for code in range(0x80, 0x2E80) if east_asian_width(chr(code)) in "WF"]
    assert len(wide) > 100
    for char in ["Ж", "①", "→", *wide]:
        (inside,) = _cells(render((Line(f"{char}"),), 42, profile))
        assert len(inside) == 1, char
        assert char not in wide or inside == b"?", char


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("network:10.1.2.3", Network("10.1.2.3", 9100)),
        ("network:printer.local:9101", Network("printer.local", 9101)),
        ("serial:/dev/ttyUSB0", Serial(Path("/dev/ttyUSB0"), 38_400)),
        ("serial:/dev/ttyUSB0:9600", Serial(Path("/dev/ttyUSB0"), 9600)),
        ("usb:04b8:0e15", Usb(0x04B8, 0x0E15)),
        ("file:/tmp/paper", File(Path("/tmp/paper"))),  # noqa: S108  nothing is written there
    ],
)
def test_an_address_is_read(text: str, address: object) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "printer",
        "network:",
        "network:host:0",
        "network:host:99999",
        "serial:ttyUSB0",
        "serial:/dev/ttyUSB0:fast",
        "usb:04b8",
        "usb:4b8:0e15",
        "file:paper",
        "parallel:/dev/lp0",
    ],
)
def test_what_is_no_address_says_what_one_looks_like(text: str) -> None:
    with pytest.raises(ValueError, match=r"network:HOST\[:PORT\]"):
        parse_address(text)


@pytest.mark.parametrize("served", [on_network, on_serial])
def test_amounts_in_the_venues_form_come_out(served: _Served) -> None:
    fake = FakePrinter()
    with served(fake) as address:
        _printer(address).print(
            (Pair("Summe", "1.250,00\xa0€"), Line("für £5, ¥700\xa0à 1", large=True))
        )
    assert lines(fake.sheets[0]) == ["Summe" + "1.250,00 €".rjust(37), "für £5, ¥700 à 1"]


def _printed_on_the_simplest(sheet: Sheet, columns: int) -> list[str]:
    """Return the lines on a printer that has one code page, without a sign of the euro."""
    return render(sheet, columns, "simple").decode("cp437").splitlines()


def test_a_printer_without_the_sign_of_a_currency_prints_its_name() -> None:
    sheet = (Pair("Summe", "12,50\xa0€"), Line("€24.00 · \N{FULLWIDTH YEN SIGN}700"))
    summe, others = _printed_on_the_simplest(sheet, 24)[:2]
    assert summe.endswith("Summe" + "12,50 EUR".rjust(19))
    assert others.endswith("EUR24.00 · JPY700")


def test_the_name_of_a_currency_is_counted_where_a_line_is_laid_out() -> None:
    first, second = _printed_on_the_simplest((Pair("Summe", "12,50\xa0€"),), 14)[:2]
    assert first.endswith("Summe")
    assert second.endswith("     12,50 EUR")
