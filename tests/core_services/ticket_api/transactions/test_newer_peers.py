"""What a newer kiosk sends settles here; what cannot be hashed stops nothing but itself."""

from typing import Any

from kiosk_contracts.payloads import MAX_TICKETS_PER_LINE
from kiosk_contracts.wire import canonical_hash
from tests.support.ticket_api import Caller, World
from tests.support.till import Till


def _resealed(transaction: dict[str, Any], **added: Any) -> dict[str, Any]:
    """Return a transaction whose envelope has more fields, under its hash."""
    fields = {**transaction["envelope"], **added}
    del fields["hash"]
    return {**transaction, "envelope": {**fields, "hash": canonical_hash(fields)}}


async def test_a_newer_kiosks_envelope_field_settles_and_is_kept(
    api: World, kiosk: Caller, till: Till
) -> None:
    (serial,) = await kiosk.serials(till.journal_id, 1)
    newer = _resealed(till.sale([serial]), shop="foyer")

    (outcome,) = await kiosk.upload(till.journal_id, newer)

    assert (outcome["status"], outcome["flags"]) == ("settled", [])
    assert (await api.body("transaction", outcome["txn_id"]))["envelope"] == newer["envelope"]


async def test_a_line_longer_than_our_carts_take_settles(
    api: World, kiosk: Caller, till: Till
) -> None:
    serials = await kiosk.serials(till.journal_id, MAX_TICKETS_PER_LINE + 1)

    (outcome,) = await kiosk.upload(till.journal_id, till.sale(serials))

    assert (outcome["status"], outcome["flags"]) == ("settled", [])
    assert (await api.line())["sold"] == MAX_TICKETS_PER_LINE + 1


async def test_a_buyers_field_that_cannot_be_hashed_is_flagged_and_the_batch_goes_on(
    kiosk: Caller, till: Till
) -> None:
    first, second = await kiosk.serials(till.journal_id, 2)
    odd = till.sale([first], personal_hash="0" * 64)
    odd["personal"] = {"salt": "ab" * 16, "buyer": {"name": "Ada", "height": 1.75}}

    outcomes = await kiosk.upload(till.journal_id, odd, till.sale([second]))

    assert [(one["status"], one["flags"]) for one in outcomes] == [
        ("settled", ["personal_differs"]),
        ("settled", []),
    ]


async def test_an_envelope_that_cannot_be_hashed_is_quarantined_and_the_batch_goes_on(
    kiosk: Caller, till: Till
) -> None:
    first, second = await kiosk.serials(till.journal_id, 2)
    odd = till.sale([first])
    odd["envelope"] |= {"weight": 1.5, "payload_hash": "0" * 64}

    outcomes = await kiosk.upload(till.journal_id, odd, till.sale([second]))

    assert [(one["status"], one["code"]) for one in outcomes] == [
        ("quarantined", "payload_unreadable"),
        ("settled", ""),
    ]
