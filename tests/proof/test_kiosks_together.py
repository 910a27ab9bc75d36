"""Three kiosks sell and admit from one inventory through partitions: never oversold."""

from pathlib import Path

import pytest

from tests.proof.kiosks_together import CAPACITY, evening_together

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


@pytest.mark.parametrize("seed", [4, 5, 6])
async def test_after_a_write_off_only_what_it_risked_is_sold_beyond_and_is_flagged(
    seed: int, tmp_path: Path
) -> None:
    report = await evening_together(tmp_path, seed)
    assert report.findings == []
    assert report.fired["partition"]
    assert report.risked
