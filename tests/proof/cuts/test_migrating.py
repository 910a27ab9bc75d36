"""Power cuts while a journal of an earlier version is migrated."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.proof.cuts.cutting import every_cut, left_by, record_program, scratch_root, write
from tests.proof.cuts.migrating import opened
from tests.recorded_state.kept import RECORDED, contents, copy_of, missing

pytestmark = pytest.mark.timeout(600)
SEED = 20_261_125
MIGRATING = ("-m", "tests.proof.cuts.migrating")


@pytest.fixture
def scratch() -> Iterator[Path]:
    with TemporaryDirectory(dir=scratch_root()) as path:
        yield Path(path)


@pytest.mark.parametrize("old", RECORDED, ids=[one.name for one in RECORDED])
async def test_no_power_cut_in_a_migration_loses_a_row_or_needs_help(
    old: Path, tmp_path: Path, scratch: Path
) -> None:
    (tmp_path / "before").mkdir()
    before = contents(copy_of(old, tmp_path / "before"))
    recorded = await record_program(tmp_path, MIGRATING, lambda folder: copy_of(old, folder))
    points = len(recorded.run.operations)
    assert list(recorded.by_shim) == list(recorded.by_strace)
    assert points > len(before)
    for cut, left in left_by(recorded, every_cut(points, SEED)):
        restored = write(left, recorded.folder, scratch)
        async with opened(restored) as journal:
            epochs = await journal.read(lambda reader: reader.epochs())
        assert [epoch.reason for epoch in epochs] == ["first"], cut
        assert not (restored / "damaged").exists(), cut
        assert missing(before, restored / "journal.db") == {}, cut
