"""Concessions and price rules on the wire: what can be used, and what is kept and left alone."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from kiosk_contracts.catalogue import PriceList
from kiosk_contracts.payloads import SaleLine
from kiosk_contracts.selling import PutCart
from tests.support.prices import FAMILY, GROUP, STUDENT, eur

PRICES: dict[str, Any] = {"version": 2, "prices": {"adult": eur("12.50"), "child": eur("6.00")}}


def listed(concessions: list[Any], rules: list[Any]) -> PriceList:
    return PriceList.model_validate({**PRICES, "concessions": concessions, "rules": rules})


def test_what_can_be_used_is_sorted_from_what_cannot() -> None:
    terms = listed([STUDENT, {"concession_id": "odd"}], [FAMILY, GROUP, {**FAMILY}]).terms()
    assert [one.concession_id for one in terms.concessions] == ["student"]
    assert [one.rule_id for one in terms.rules] == ["family", "group"]
    assert terms.faults == (
        "concession odd: name: Field required",
        "price rule family: its id stands twice in the price list",
    )


@pytest.mark.parametrize("term", [None, 7, "?", [], {}, {"reduction": {"kind": "lottery"}}])
def test_what_nobody_can_read_is_kept_as_it_came(term: JsonValue) -> None:
    prices = listed([STUDENT, term], [term, FAMILY])
    sent = prices.to_json()
    assert (sent["concessions"][1], sent["rules"][0]) == (term, term)
    assert PriceList.model_validate(sent).to_json() == sent
    assert len(prices.terms().faults) == 2


def test_a_price_list_of_an_older_peer_has_neither() -> None:
    terms = PriceList.model_validate(PRICES).terms()
    assert (terms.concessions, terms.rules, terms.faults) == ((), (), ())


def test_a_reduction_that_only_a_newer_version_knows_is_named_and_used_by_nobody() -> None:
    newer = {**STUDENT, "reduction": {"kind": "lottery", "chance": 3}}
    terms = listed([newer], []).terms()
    assert terms.concessions == ()
    assert terms.faults[0].startswith("concession student: reduction")


@pytest.mark.parametrize("kind", ["a\u001b[2Jb", "x" * 1000])
def test_what_a_fault_quotes_never_reaches_a_terminal_as_it_was_written(kind: str) -> None:
    (fault,) = listed([{**STUDENT, "reduction": {"kind": kind}}], []).terms().faults
    assert fault == "concession student: it cannot be read"


@given(term=st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_no_json_whatever_keeps_the_rest_of_a_price_list_from_being_read(term: Any) -> None:
    for odd in (term, {**STUDENT, "concession_id": term}, {**STUDENT, "name": term}):
        terms = listed([odd, STUDENT], [odd, FAMILY]).terms()
        assert [one.concession_id for one in terms.concessions][-1] == "student"
        assert [one.rule_id for one in terms.rules] == ["family"]
        assert all("\n" not in fault for fault in terms.faults)


def test_a_cart_has_a_type_once_at_its_price_and_once_by_each_concession() -> None:
    line = {"event_id": "tide", "ticket_type_id": "adult", "quantity": 1}
    reduced = {**line, "concession_id": "student"}
    assert len(PutCart.model_validate({"lines": [line, reduced]}).lines) == 2
    with pytest.raises(ValueError, match="in one line of a cart"):
        PutCart.model_validate({"lines": [reduced, reduced]})


def test_a_sales_line_of_an_older_agent_was_priced_by_no_concession_and_no_rule() -> None:
    line = SaleLine.model_validate(
        {
            "event_id": "tide",
            "ticket_type_id": "adult",
            "price_list_version": 1,
            "unit_price": eur("12.50"),
            "serials": ["ETFJXCY8DG"],
        }
    )
    assert (line.concession_id, line.rule_id, line.rules_version) == ("", "", None)
