"""Whatever the line does to calls and answers: everything settles exactly once in the end."""

from pathlib import Path

import pytest

from tests.proof.faults import _COMMITS, Fault
from tests.proof.faulty_evening import evening


@pytest.mark.parametrize("fault", Fault)
async def test_everything_settles_once_after(fault: Fault, tmp_path: Path) -> None:
    report = await evening(tmp_path, seed=3, faults=[fault], times=8)
    assert report.findings == []
    assert set(report.fired) == {fault}
    assert report.fired[fault] >= 8, "all of the uploads' faults, and some of the requests'"
    assert report.transactions > 30
    assert bool(report.resent) == (fault in _COMMITS or fault is Fault.DUPLICATED)


@pytest.mark.parametrize("seed", range(6))
async def test_everything_settles_once_after_a_mix(seed: int, tmp_path: Path) -> None:
    report = await evening(tmp_path, seed)
    assert report.findings == []
    assert report.fired.total() >= 12
    assert len(report.fired) > 5
    assert report.resent
