"""A price list with terms in a run made by hand, and sales by it."""

from typing import Any

from tests.support.verifier_run import EVENT, Kiosk, Run, line_of, money

STUDENT = {
    "concession_id": "student",
    "ticket_type_ids": ["stalls"],
    "reduction": {"kind": "percent_off", "percent": 33},
}
PAIR = {
    "rule_id": "pair",
    "parts": [
        {"ticket_type_ids": ["stalls"], "quantity": 2},
        {"ticket_type_ids": ["box"], "quantity": 1},
    ],
    "reduction": {"kind": "fixed_price", "amount": money("99.99")},
}
GROUP = {
    "rule_id": "group",
    "parts": [{"ticket_type_ids": ["stalls", "box"], "quantity": 4}],
    "or_more": True,
    "reduction": {"kind": "amount_off", "amount": money("1.50")},
}
Told = tuple[str, str, int, str]
"""Type, price, quantity, `concession` or `rule` and its id."""


def sell_told(run: Run, kiosk: Kiosk, *lines: Told, version: int | None = 2) -> dict[str, Any]:
    """Publish price list 2 and sell these lines by a price list, in one sale."""
    run.items["price_list", EVENT, f"{2:012d}"] = {
        "version": 2,
        "prices": {"stalls": money("30.00"), "box": money("80.00")},
        "concessions": [STUDENT],
        "rules": [PAIR, GROUP],
    }
    return run.sell_lines(kiosk, *(_line(run, kiosk, line, version) for line in lines))


def _line(run: Run, kiosk: Kiosk, told: Told, version: int | None) -> dict[str, Any]:
    kind, price, quantity, by = told
    word, _, key = by.partition(" ")
    more: dict[str, Any] = {f"{word}_id": key} if word else {}
    if version is not None:
        more["rules_version"] = version
    return line_of(kind, price, run.lease(kiosk, quantity, kind), **more)
