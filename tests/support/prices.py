"""A price list with concessions and price rules, for tests of every part that knows one."""

from typing import Any

from kiosk_contracts.catalogue import Catalogue, PriceList
from tests.support.tickets import season


def eur(amount: str) -> dict[str, str]:
    """Return an amount as it is on the wire."""
    return {"amount": amount, "currency": "EUR"}


STUDENT: dict[str, Any] = {
    "concession_id": "student",
    "name": "Student",
    "ticket_type_ids": ["adult"],
    "proof": "a student card",
    "reduction": {"kind": "percent_off", "percent": 30},
}
COMPANION: dict[str, Any] = {
    "concession_id": "companion",
    "name": "Companion",
    "ticket_type_ids": ["adult"],
    "proof": "a pass with the letter B",
    "reduction": {"kind": "percent_off", "percent": 100},
}
FAMILY: dict[str, Any] = {
    "rule_id": "family",
    "name": "Family price",
    "parts": [
        {"ticket_type_ids": ["adult"], "quantity": 2},
        {"ticket_type_ids": ["child"], "quantity": 2},
    ],
    "at_most": 2,
    "reduction": {"kind": "fixed_price", "amount": eur("29.99")},
}
GROUP: dict[str, Any] = {
    "rule_id": "group",
    "name": "Group of 10 or more",
    "parts": [{"ticket_type_ids": ["adult", "child"], "quantity": 10}],
    "or_more": True,
    "reduction": {"kind": "percent_off", "percent": 10},
}


def price_list(**changes: Any) -> PriceList:
    """Return the season's prices, 12.50 and 6.00, with the four terms above as version 4."""
    body: dict[str, Any] = {
        "version": 4,
        "prices": {"adult": eur("12.50"), "child": eur("6.00")},
        "concessions": [STUDENT, COMPANION],
        "rules": [FAMILY, GROUP],
    }
    return PriceList.model_validate({**body, **changes})


def priced_season(**changes: Any) -> Catalogue:
    """Return the season with that price list for its first event."""
    plain = season()
    tide, *others = plain.events
    priced = tide.model_copy(update={"price_list": price_list(**changes)})
    return plain.model_copy(update={"events": (priced, *others)})
