"""Shifts that are closed, in runs made by hand: cash in and out, the count, the reports shown."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from tests.support.verifier_run import Kiosk, Run, money

SHOULD: Final = "Should be in the drawer"
_FIRST_LINE: Final = 3
_EMPTY: Final = "".join(f"\x1b[{y};1H\x1b[2K" for y in range(2, 23))
"""All lines but the first and the message line."""


def pay(run: Run, kiosk: Kiosk, way: str, amount: str) -> dict[str, Any]:
    """Record cash paid `in` or `out`, and acknowledge it with its amount."""
    payload = {"shift_id": "s", "cashier_id": "ana", "amount": money(amount)}
    row = run.record(kiosk, f"shift_paid_{way}", payload)
    kiosk.cast.pop()
    kiosk.show(run.tick(0.2), f"✔ #{row['sequence']} shift paid {way} {amount} EUR recorded online")
    return row


def z_figures(expected: str, counted: str, over_short: str, **others: str) -> dict[str, str]:
    """Return the figures of a Z report; `others` are its other lines, `_` for a space."""
    figures = {name.replace("_", " "): f"{amount} EUR" for name, amount in others.items()}
    return figures | {
        SHOULD: f"{expected} EUR",
        "Counted": f"{counted} EUR",
        "Over or short": over_short,
    }


def show_report(run: Run, kiosk: Kiosk, kind: str, figures: Mapping[str, str]) -> None:
    """Show a report on an empty screen, line after line; the cursor goes elsewhere in the end."""
    kiosk.cast.append((run.tick(0.01), "o", _EMPTY))
    lines = {f"{kind} report · Ana": "Mon 23 Nov 19:00", **figures}
    for y, (label, value) in enumerate(lines.items(), start=_FIRST_LINE):
        kiosk.show(run.tick(0.01), f"  {label:<50}{value:>20}", y)
    kiosk.show(run.tick(0.01), "12:00:00", 1)


def close_shift(run: Run, kiosk: Kiosk, should: str, counted: str, **said: Any) -> dict[str, Any]:
    """Close the shift with a count; `said` replaces what its transaction says."""
    over = f"{Decimal(counted) - Decimal(should):.2f}"
    payload = {
        "shift_id": "s",
        "cashier_id": "ana",
        "expected": money(should),
        "counted": money(counted),
        "over_short": money(over),
        "pieces": [{"value": money("0.50"), "pieces": int(Decimal(counted) / Decimal("0.50"))}],
    }
    return run.record(kiosk, "shift_closed", {**payload, **said})
