"""Power cuts at the operations of a scripted run of the real journal and services.

`make test` tries a share of the cuts, `make proof` all of them.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import pytest_asyncio

from tests.proof.cuts.contents import Weather
from tests.proof.cuts.cutting import (
    SURVIVALS,
    Cut,
    CutReport,
    Recorded,
    every_cut,
    record,
    scratch_root,
    shows,
    try_cuts,
)
from tests.proof.cuts.operations import Kind
from tests.proof.cuts.run import JOURNALS, MAIN, OLD_JOURNALS
from tests.proof.cuts.traced import counts
from tests.proof.findings import Harm

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(600)]
SEED = 20_261_125
MIDDLING = SURVIVALS[1]
SALVAGED = {"journal.db", "journal.db-wal", "journal.fresh.db", "new-epoch.json.part"}
SHARE = 31
"""Every so many cuts; no multiple of the three survivals, so that each comes to every kind."""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def recorded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Recorded]:
    yield await record(tmp_path_factory.mktemp("cuts"))


@pytest.fixture
def scratch() -> Iterator[Path]:
    with TemporaryDirectory(dir=scratch_root()) as path:
        yield Path(path)


def harms(report: CutReport) -> set[Harm]:
    return {finding.harm for _, finding in report.findings}


def points(recorded: Recorded) -> int:
    return len(recorded.run.operations)


async def test_the_cut_points_are_the_operations_that_strace_counts(recorded: Recorded) -> None:
    assert points(recorded) == len(recorded.by_strace) > 1000
    assert counts(recorded.by_shim) == counts(recorded.by_strace)
    assert list(recorded.by_shim) == list(recorded.by_strace)
    assert set(counts(recorded.by_shim)) == {
        "create", "write", "truncate", "sync", "rename", "unlink", "mkdir",
    }  # fmt: skip


async def test_every_cut_is_tried_in_every_weather(recorded: Recorded) -> None:
    cuts = list(every_cut(points(recorded), SEED))
    tried = {(cut.point, cut.weather.survival) for cut in cuts}
    assert len(cuts) == len(tried) == points(recorded) * len(SURVIVALS)
    assert {cut.point for cut in cuts} == set(range(1, points(recorded) + 1))
    assert {(cut.weather.sector, cut.weather.torn) for cut in cuts} == {
        (512, False), (512, True), (4096, False), (4096, True),
    }  # fmt: skip
    assert cuts == list(every_cut(points(recorded), SEED))
    assert list(every_cut(points(recorded), SEED, step=5)) == cuts[::5]


async def test_no_power_cut_loses_doubles_or_needs_help(recorded: Recorded, scratch: Path) -> None:
    cuts = every_cut(points(recorded), SEED, step=SHARE)
    report = await try_cuts(recorded, cuts, scratch)
    assert report.findings == []
    assert report.points == report.cuts == -(-points(recorded) * len(SURVIVALS) // SHARE)
    assert report.cuts / 2 < report.restarts < report.cuts * 2


async def test_a_cut_while_a_journal_is_salvaged_leads_to_the_same_end(
    recorded: Recorded, scratch: Path
) -> None:
    """Tries each operation around the moves, of which the share above may miss some."""
    moves = [
        number
        for number, one in enumerate(recorded.run.operations)
        if one.kind is Kind.RENAME and Path(one.path).name in SALVAGED
    ]
    near = {point for number in moves for point in range(number - 3, number + 6)}
    cuts = (cut for cut in every_cut(points(recorded), SEED) if cut.point in near)
    report = await try_cuts(
        recorded, (cut for cut in cuts if cut.weather.survival == MIDDLING), scratch
    )
    assert report.findings == []
    assert report.restarts > len(moves) > 4


async def test_a_cut_in_the_first_start_needs_no_help(recorded: Recorded, scratch: Path) -> None:
    first_sale = recorded.run.marks[0][0]
    cuts = every_cut(first_sale, SEED)
    report = await try_cuts(recorded, (cut for cut in cuts if cut.point % 3 == 0), scratch)
    assert report.findings == []


async def test_what_is_left_as_before_is_started_once(recorded: Recorded, scratch: Path) -> None:
    cut = Cut(points(recorded) // 4, Weather(survival=0.0), SEED)
    report = await try_cuts(recorded, iter([cut, cut]), scratch)
    assert (report.cuts, report.restarts) == (2, len(JOURNALS))
    told = next(before for before, _ in recorded.run.marks if before > cut.point)
    report = await try_cuts(recorded, iter([cut, replace(cut, point=told)]), scratch)
    assert report.restarts == len(JOURNALS) + 1, "more was told of the one journal since"


async def test_control_commits_that_are_not_synced_are_lost(tmp_path: Path, scratch: Path) -> None:
    weak = await record(tmp_path, synchronous="NORMAL")
    assert counts(weak.by_shim)["sync"] > 10
    report = await try_cuts(
        weak, every_cut(points(weak), SEED, step=SHARE), scratch, is_enough=shows(Harm.LOST)
    )
    assert Harm.LOST in harms(report)


async def test_control_names_that_are_not_synced_are_lost(
    recorded: Recorded, scratch: Path
) -> None:
    cuts = every_cut(points(recorded), SEED, step=SHARE)
    report = await try_cuts(
        recorded, cuts, scratch, directory_syncs=False, is_enough=shows(Harm.LOST)
    )
    assert Harm.LOST in harms(report)


async def test_control_a_far_side_without_deduplication_counts_twice(
    recorded: Recorded, scratch: Path
) -> None:
    cuts = every_cut(points(recorded), SEED, step=SHARE)
    report = await try_cuts(
        recorded, cuts, scratch, deduplicates=False, is_enough=shows(Harm.DOUBLED)
    )
    assert Harm.DOUBLED in harms(report)


async def test_the_run_makes_every_journal_whole_before_it_has_its_name(
    recorded: Recorded,
) -> None:
    made = [path.parent.name for path in renamed(recorded) if path.name == "journal.db"]
    assert [name for name in made if name in JOURNALS] == [MAIN, *OLD_JOURNALS, MAIN, MAIN]
    created = [Path(one.path) for one in recorded.run.operations if one.kind is Kind.CREATE]
    assert not any(path.name == "journal.db" for path in created)


async def test_the_run_seals_archives_and_salvages(recorded: Recorded) -> None:
    names = Counter(path.name for path in renamed(recorded))
    archived = [name for name in names if name.endswith(".jsonl.gz")]
    assert len(archived) > 5
    assert max(names[name] for name in archived) == 2, "one was left over, and written again"
    assert names["sealed.json"] > 20
    assert sum(name.endswith("-used.json") for name in names) == 2
    assert (names["new-epoch.json"], names["salvage.json"]) == (2, 2)
    made = [Path(one.path).name for one in recorded.run.operations if one.kind is Kind.MKDIR]
    assert made[:3] == ["reserve", "archive", "damaged"]
    assert len(made) == 5, "and a folder for each damaged file"
    told = [fact["damaging"]["reason"] for _, fact in recorded.run.marks if "damaging" in fact]
    assert told == ["damaged", "lost"]


def renamed(recorded: Recorded) -> list[Path]:
    """Return where files were moved to, in order."""
    return [Path(one.target) for one in recorded.run.operations if one.kind is Kind.RENAME]
