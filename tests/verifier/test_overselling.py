"""More tickets than places, and tickets that were never granted, are found."""

from pathlib import Path

import pytest

from kiosk_contracts.serials import format_serial
from tests.support.verifier_judging import errors, notices, one_kiosk, spotless, verdict_of
from tests.support.verifier_run import EVENT, money


def test_a_full_house_is_well(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path, box=2)
    run.sell(kiosk, 2, "box")
    run.end()
    assert verdict_of(run).ok


def test_every_valid_ticket_beyond_the_house_counts(tmp_path: Path) -> None:
    """Grants beyond the capacity: the sabotage `oversell`."""
    run, kiosk = one_kiosk(tmp_path, box=2)
    run.sell(kiosk, 4, "box")
    run.end()
    verdict = verdict_of(run)
    assert spotless(verdict) == (0, 0, 2)
    assert errors(verdict) == {"oversold", "overgranted"}


def test_a_voided_ticket_frees_its_place(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path, box=2)
    sale = run.sell(kiosk, 1, "box")
    run.sell(kiosk, 1, "box")
    run.void(kiosk, sale)
    run.settle_all(kiosk)
    run.sell(kiosk, 1, "box")
    run.end()
    assert verdict_of(run).ok


def test_a_quarantined_void_frees_no_place(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path, box=1)
    sale = run.sell(kiosk, 1, "box")
    run.settle_all(kiosk)
    run.quarantine(kiosk, run.void(kiosk, sale), "sale_not_ours")
    run.sell(kiosk, 1, "box")
    run.end()
    assert spotless(verdict_of(run)) == (0, 0, 1)


def test_a_quarantined_sale_takes_its_places(tmp_path: Path) -> None:
    """The customer holds the tickets, whatever became of the transaction."""
    run, kiosk = one_kiosk(tmp_path, box=1)
    sale = run.sell(kiosk, 1, "box")
    sale["payload"] = {**sale["payload"], "total": money("1.00"), "lines": []}
    run.quarantine(kiosk, sale, "payload_hash_differs")
    run.sell(kiosk, 1, "box")
    run.end()
    assert spotless(verdict_of(run)) == (0, 0, 1)


@pytest.mark.parametrize("places", [1, 3])
def test_an_inventory_that_counts_with_other_places_is_an_error(
    tmp_path: Path, places: int
) -> None:
    run, _ = one_kiosk(tmp_path, box=2)
    run.items["inventory", EVENT, "box"]["capacity"] = places
    run.end()
    assert errors(verdict_of(run)) == {"capacities_differ"}


def test_an_inventory_that_forgot_places_is_an_error(tmp_path: Path) -> None:
    run, _ = one_kiosk(tmp_path)
    run.items["inventory", EVENT, "stalls"]["taken"] -= 1
    run.end()
    assert errors(verdict_of(run)) == {"inventory_differs"}


def test_leases_beyond_the_house_are_an_error_before_they_are_sold(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path, box=2)
    run.lease(kiosk, 3, "box")
    run.end()
    verdict = verdict_of(run)
    assert (spotless(verdict), errors(verdict)) == ((0, 0, 0), {"overgranted"})


def test_a_ticket_that_was_never_granted_counts_as_oversold(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    sale = run.sell(kiosk, serials=[format_serial(7)])
    run.quarantine(kiosk, sale, "serial_never_issued")
    run.end()
    verdict = verdict_of(run)
    assert spotless(verdict) == (0, 0, 1)
    assert errors(verdict) == {"never_granted", "stock_differs"}


def test_tickets_of_a_type_that_does_not_exist_count_as_oversold(tmp_path: Path) -> None:
    run, _ = one_kiosk(tmp_path)
    types = run.items["event", EVENT, "-"]["ticket_types"]
    types[:] = [kind for kind in types if kind["ticket_type_id"] == "box"]
    run.end()
    verdict = verdict_of(run)
    assert verdict.figures.oversold == 3
    assert "type_unknown" in errors(verdict)


def test_a_settled_sale_from_another_journals_stock_is_an_error(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    serial = kiosk.rows[2]["payload"]["lines"][0]["serials"][0]
    run.items["serial", serial, "-"]["journal_id"] = "another"
    run.end()
    assert errors(verdict_of(run)) == {"leased_elsewhere"}


def test_a_quarantined_sale_from_another_journals_stock_is_told(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    other = run.kiosk("hall-2", "HA2")
    (serial,) = run.lease(other, 1)
    kiosk.stock[serial] = {**other.stock[serial]}
    run.quarantine(kiosk, run.sell(kiosk, serials=[serial]), "serial_leased_elsewhere")
    run.end()
    verdict = verdict_of(run)
    assert verdict.ok
    assert notices(verdict) == {"leased_elsewhere", "quarantined"}


@pytest.mark.parametrize("state", ["available", "held", "returned"])
def test_a_sold_ticket_that_is_still_in_stock_is_an_error(tmp_path: Path, state: str) -> None:
    run, kiosk = one_kiosk(tmp_path)
    serial = kiosk.rows[2]["payload"]["lines"][0]["serials"][0]
    kiosk.stock[serial]["state"] = state
    run.end()
    assert errors(verdict_of(run)) == {"stock_differs"}


def test_a_ticket_sold_as_another_type_is_an_error(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    serial = kiosk.rows[2]["payload"]["lines"][0]["serials"][0]
    run.items["serial", serial, "-"]["ticket_type_id"] = "box"
    run.end()
    assert {"type_differs", "inventory_differs"} <= errors(verdict_of(run))
