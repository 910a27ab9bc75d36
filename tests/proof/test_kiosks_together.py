"""Three kiosks sell and admit from one inventory through partitions: never oversold."""

import random
from pathlib import Path

import pytest

from kiosk_contracts.problem import ProblemError
from tests.proof.kiosks_together import CAPACITY, House, evening_together, open_house
from tests.support.ticket_api import EVENT

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_three_kiosks_never_oversell_and_every_conflict_names_both_gates(
    seed: int, tmp_path: Path
) -> None:
    report = await evening_together(tmp_path, seed, write_off=False)
    assert report.findings == []
    assert report.fired["partition"]
    assert report.fired["lost answer"]
    assert report.sold > CAPACITY["adult"] // 2, "enough was sold to sell too much"
    assert report.conflicts


@pytest.mark.parametrize("seed", [4, 7, 9])
async def test_after_a_write_off_only_what_it_risked_is_sold_beyond_and_is_flagged(
    seed: int, tmp_path: Path
) -> None:
    report = await evening_together(tmp_path, seed)
    assert report.findings == []
    assert report.fired["partition"]
    assert report.risked


async def adults_left(house: House) -> int:
    counts = await house.kiosks[0].here.journal.read(lambda reader: reader.stock_counts())
    return counts.get((EVENT, "adult"), (0, 0))[0]


@pytest.mark.parametrize(("how", "again"), [("sold", 4), ("returned", 12)])
async def test_a_roll_that_was_used_up_offline_is_filled_again_once_its_sales_are_sent(
    how: str, again: int, tmp_path: Path
) -> None:
    async with open_house(tmp_path, random.Random(1)) as house:
        kiosk, line = house.kiosks[0], house.lines[0]
        line.losing, line.up = 0.0, False
        if how == "sold":
            await kiosk.sell(adult=12)
        else:
            await kiosk.give_back()
        with pytest.raises(ProblemError) as refused:
            await kiosk.sell(adult=1)
        assert refused.value.code == "stock_used_up"
        line.up = True
        # Asked now, the ticket API would give nothing: it knows of no sale or return yet.
        await kiosk.top_up()
        assert await adults_left(house) == 0
        await kiosk.drain()
        await kiosk.top_up()
        assert await adults_left(house) == again, "as many as the house has, up to the rule"
        assert await kiosk.sell(adult=1)
