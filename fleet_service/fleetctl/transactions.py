"""`fleetctl transactions`: what the ticket API has, by receipt, by ticket or by kiosk."""

import argparse
from typing import Final

from rich.console import RenderableType
from rich.text import Text

from fleet_service.fleetctl.fleet import Fleet, with_query
from fleet_service.fleetctl.shown import Found, show
from fleet_service.fleetctl.words import plain, state, table, when
from kiosk_contracts.found_transactions import FoundTransaction, FoundTransactions
from operator_cli.refusing import RefusedError
from operator_cli.showing import note

_PATH: Final = "/v1/transactions"
_MOST_OF_A_PAGE: Final = 100
_TITLES: Final = (
    "RECEIPT",
    "WHAT",
    "RECORDED",
    "KIOSK",
    "TICKETS",
    "TOTAL",
    "STATE",
    "TRANSACTION",
)


def show_list(options: argparse.Namespace) -> None:
    """List what was done, page by page up to `--limit`; say how to go on where there is more."""
    if options.limit < 1:
        raise RefusedError(f"--limit {options.limit}: nothing would be listed", "Say 1 or more.")
    by = next(one for one in ("receipt", "serial", "kiosk") if getattr(options, one) is not None)
    if not getattr(options, by).strip():
        raise RefusedError(f"--{by} is empty", f"Say which {by}.")

    async def look(service: Fleet) -> Found:
        asked = {by: getattr(options, by)}
        found, after = await _found(service, asked, options.after, options.limit)
        if after is not None:
            note(f"there is more: go on with --after {after}")
        return Found([one.to_json() for one in found], _picture(found))

    show(options, look)


async def _found(
    service: Fleet, asked: dict[str, str], after: str | None, limit: int
) -> tuple[list[FoundTransaction], str | None]:
    """Return so many at most, and what to ask behind for the rest; None: that is all."""
    found: list[FoundTransaction] = []
    while len(found) < limit:
        size = min(_MOST_OF_A_PAGE, limit - len(found))
        path = with_query(_PATH, {**asked, "after": after, "limit": size})
        page = await service.get(FoundTransactions, path)
        found += page.transactions
        after = page.next_after
        if after is None:
            break
    return found, after


def _picture(found: list[FoundTransaction]) -> RenderableType:
    if not found:
        return plain("nothing fits that has come to the ticket API")
    bought = any(one.buyer is not None for one in found)
    rows = [_row(one) + ((_buyer(one),) if bought else ()) for one in found]
    return table((*_TITLES, "BOUGHT BY") if bought else _TITLES, rows)


def _row(one: FoundTransaction) -> tuple[Text | str, ...]:
    return (
        one.receipt_number or "-",
        one.kind.replace("_", " "),
        when(one.recorded_at),
        one.kiosk_id,
        " ".join(one.serials) or "-",
        "-" if one.total is None else str(one.total),
        _state(one),
        str(one.txn_id),
    )


def _state(one: FoundTransaction) -> Text:
    """Return how it stands; why it could not be settled, and what is flagged of it."""
    said = state(one.status)
    for more in (one.code, one.detail, one.hint, *one.flags):
        if more:
            said.append_text(Text(" ")).append_text(plain(more))
    return said


def _buyer(one: FoundTransaction) -> str:
    buyer = one.buyer
    said = () if buyer is None else (buyer.name, buyer.email, buyer.address)
    return ", ".join(part for part in said if part) or "-"
