"""The QR code: its size, and that a scanner reads exactly the ticket code off it."""

import random

import pytest
import zxingcpp

from kiosk_contracts.serials import format_serial
from kiosk_contracts.ticket_code import TicketCode, TicketFacts
from kiosk_ui.qr import COLUMNS, ROWS, QrTooLongError, qr_rows

HALVES = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}
SCALE = 4


def picture(rows: list[str]) -> memoryview:
    """Return the modules as grey pixels, dark where a half block is inked."""
    modules = [[HALVES[char][half] for char in row] for row in rows for half in (0, 1)]
    body = b"".join(
        b"".join((b"\0" if bit else b"\xff") * SCALE for bit in row) * SCALE for row in modules
    )
    width = len(rows[0]) * SCALE
    return memoryview(body).cast("B", (len(body) // width, width))


@pytest.mark.parametrize("seed", range(5))
def test_a_scanner_reads_the_ticket_code_exactly(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311  codes that differ, the same in every run
    facts = TicketFacts(dice.randrange(1, 65536), 7, 1, format_serial(dice.getrandbits(45)))
    code = TicketCode(facts, dice.randbytes(64)).encode()
    rows = qr_rows(code)
    assert (len(rows), {len(row) for row in rows}) == (ROWS, {COLUMNS}) == (21, {41})
    read = zxingcpp.read_barcodes(picture(rows))
    assert [barcode.text for barcode in read] == [code]


def test_the_quiet_zone_is_bare() -> None:
    rows = qr_rows("EP1" + "Z" * 118)
    assert not rows[0].strip()
    assert not rows[-1].strip()
    assert all(row.startswith("  ") and row.endswith("  ") for row in rows)


def test_a_text_that_does_not_fit_is_refused_in_words() -> None:
    with pytest.raises(QrTooLongError, match="123 characters do not fit"):
        qr_rows("A" * 123)
