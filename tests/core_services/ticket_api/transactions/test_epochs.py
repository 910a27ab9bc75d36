"""A kiosk that goes on in a new journal: its numbers run on, and what it sold stays its own."""

from typing import Any

import pytest

from kiosk_contracts.uploads import JournalHead
from tests.support.ticket_api import Caller, World
from tests.support.till import Till


@pytest.fixture
def before(till: Till) -> Till:
    """Return the kiosk's first journal."""
    return till


def _opened(till: Till, epoch: int = 1) -> dict[str, Any]:
    return till.transaction("shift_opened", Till().shift()["payload"], epoch=epoch)


def _later(before: Till, lost: int = 0) -> Till:
    """Return the journal of the next epoch; `lost` transactions of the one before are gone."""
    return Till(sequence=before.sequence + lost, head=before.head)


async def _head(kiosk: Caller, till: Till) -> JournalHead:
    return JournalHead.model_validate((await kiosk.get(f"/v1/journals/{till.journal_id}")).body)


async def _missing(api: World, till: Till) -> int:
    journals = (await api.ledger())["journals"]
    (line,) = [line for line in journals if line["journal_id"] == str(till.journal_id)]
    missing: int = line["missing"]
    return missing


async def test_a_journal_that_begins_above_one_settles_unflagged_and_misses_nothing(
    api: World, kiosk: Caller, before: Till
) -> None:
    await kiosk.upload(before.journal_id, _opened(before), _opened(before))
    later = _later(before)
    first, second = await kiosk.upload(later.journal_id, _opened(later, 2), _opened(later, 2))

    assert (first["status"], first["flags"], second["flags"]) == ("settled", [], [])
    assert [await _missing(api, before), await _missing(api, later)] == [0, 0]
    assert (await _head(kiosk, later)).sequence == 4


async def test_a_gap_in_a_later_journal_is_told_whichever_way_it_fills(
    api: World, kiosk: Caller, before: Till
) -> None:
    later = _later(before, lost=7)
    one, two, three = (_opened(later, 2) for _ in range(3))

    await kiosk.upload(later.journal_id, two)
    assert await _missing(api, later) == 0, "where it begins is not known yet"
    (parked,) = await kiosk.upload(later.journal_id, one)
    assert (parked["flags"], await _missing(api, later)) == ([], 0)
    _opened(later, 2)
    await kiosk.upload(later.journal_id, _opened(later, 2))
    assert await _missing(api, later) == 2
    await kiosk.upload(later.journal_id, three)
    assert await _missing(api, later) == 1


async def test_a_first_journal_whose_first_number_is_away_misses_it(
    api: World, kiosk: Caller, before: Till
) -> None:
    _opened(before)
    await kiosk.upload(before.journal_id, _opened(before))
    assert await _missing(api, before) == 1


async def test_the_head_says_the_highest_epoch_of_any_journal_of_the_kiosk(
    api: World, kiosk: Caller, before: Till
) -> None:
    assert (await _head(kiosk, before)).kiosk_epoch == 0
    later, older = _later(before), Till()
    await kiosk.upload(later.journal_id, _opened(later, 5))
    await kiosk.upload(older.journal_id, _opened(older, 3))

    fresh = await _head(kiosk, Till())
    assert (fresh.epoch, fresh.sequence, fresh.kiosk_epoch) == (0, 0, 5)
    assert (await _head(kiosk, older)).kiosk_epoch == 5
    assert (await _head(api.kiosk("kiosk-b"), Till())).kiosk_epoch == 0


async def test_a_journal_that_was_only_granted_stock_misses_nothing(
    api: World, kiosk: Caller, before: Till
) -> None:
    await kiosk.serials(before.journal_id, 1)
    assert await _missing(api, before) == 0


async def test_a_sale_of_the_journal_before_is_voided_from_the_next(
    api: World, kiosk: Caller, before: Till
) -> None:
    sale = before.sale(await kiosk.serials(before.journal_id, 2))
    await kiosk.upload(before.journal_id, sale)
    later = _later(before)
    (outcome,) = await kiosk.upload(later.journal_id, later.void(sale))

    assert outcome["status"] == "settled"
    assert (await api.line())["voided"] == 2


async def test_stock_of_the_journal_before_can_not_be_sold_under_the_next(
    kiosk: Caller, before: Till
) -> None:
    serials = await kiosk.serials(before.journal_id, 1)
    later = _later(before)
    (outcome,) = await kiosk.upload(later.journal_id, later.sale(serials))
    assert (outcome["status"], outcome["code"]) == ("quarantined", "serial_leased_elsewhere")
