"""What the screen says of sheets of paper."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from kiosk_contracts.printing import NotPrinted, Print, Prints
from kiosk_ui.printing import left_out_words, sheet_words

AT = datetime(2026, 11, 21, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "serial", "copy", "words"),
    [
        ("ticket", "0000000012", 0, "ticket 0000000012"),
        ("ticket", "0000000012", 2, "ticket 0000000012, copy 2"),
        ("receipt", "", 1, "receipt, copy 1"),
        ("report", "", 0, "report"),
        ("report", "Z", 1, "report, copy 1"),
    ],
)
def test_a_sheet_is_called_by_what_it_is(kind: str, serial: str, copy: int, words: str) -> None:
    sheet = Print(
        print_id=1,
        txn_id=UUID(int=1),
        kind=kind,
        serial=serial,
        copy_number=copy,
        state="waiting",
        asked_at=AT,
    )
    assert sheet_words(sheet) == words


def test_tickets_that_are_left_out_are_named_with_why() -> None:
    prints = Prints(printer="ready", prints=())
    assert left_out_words(prints) == ()
    left_out = (
        NotPrinted(serial="0000000012", standing="refunded"),
        NotPrinted(serial="0000000013", standing="refund_asked"),
    )
    told = left_out_words(prints.model_copy(update={"left_out": left_out}))
    assert told == ("Not printed: 0000000012 (refunded), 0000000013 (refund asked for)",)
