"""Which rows of a file the journal's readers could not read."""

import sqlite3
from collections.abc import Callable, Iterator
from typing import Final

from kiosk_agent.adapters.journal import rows
from kiosk_agent.adapters.journal.codec import read_time
from kiosk_agent.adapters.journal.prints import stored_print
from kiosk_contracts.catalogue import Catalogue
from kiosk_contracts.gates import VerifyKey
from kiosk_contracts.moving_out import SignedReceipt
from kiosk_contracts.selling import CartState
from kiosk_contracts.serials import normalise_serial


def _gate_fact(row: sqlite3.Row) -> None:
    read_time(row["at"])
    _serial(row)


def _serial(row: sqlite3.Row) -> None:
    if normalise_serial(row["serial"]) != row["serial"]:
        msg = f"{row['serial']} is no serial"
        raise ValueError(msg)


def _stock(row: sqlite3.Row) -> None:
    rows.stock_item(row)
    _serial(row)


def _cart(row: sqlite3.Row) -> None:
    rows.stored_cart(row)
    CartState(row["state"])


def _receipt(row: sqlite3.Row) -> None:
    covers = SignedReceipt.model_validate_json(row["body"]).receipt.sequence
    if covers != row["sequence"]:
        msg = f"a receipt up to #{covers} is no receipt up to #{row['sequence']}"
        raise ValueError(msg)


_PARSERS: Final[dict[str, Callable[[sqlite3.Row], object]]] = {
    "stock": _stock,
    "carts": _cart,
    "leases": rows.lease,
    "epochs": rows.epoch_record,
    "gate_facts": _gate_fact,
    "catalogue": lambda row: Catalogue.model_validate_json(row["body"]),
    "verify_keys": lambda row: VerifyKey.model_validate_json(row["body"]),
    "staff_sessions": lambda row: read_time(row["signed_in_at"]),
    "receipts": _receipt,
    "prints": stored_print,
    "shifts": lambda row: read_time(row["opened_at"]),
    "cancelled_payments": rows.cancelled_payment,
}
CHEAP: Final = (
    "stock",
    "carts",
    "leases",
    "epochs",
    "catalogue",
    "verify_keys",
    "cancelled_payments",
)
"""Tables that never grow large, so that all of them can be parsed at every start."""


def unreadable_rows(connection: sqlite3.Connection, table: str) -> Iterator[int]:
    """Return the rowids of all rows of a table that would break a reader."""
    parse = _PARSERS.get(table)
    if parse is None:
        return
    places = connection.execute(f'SELECT rowid FROM "{table}" NOT INDEXED').fetchall()  # noqa: S608  our schema
    for (rowid,) in places:
        try:
            sql = f'SELECT * FROM "{table}" WHERE rowid = ?'  # noqa: S608  our schema
            parse(connection.execute(sql, (rowid,)).fetchone())
        except (ValueError, ArithmeticError, sqlite3.Error):
            yield rowid
