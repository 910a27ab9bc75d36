"""The model disk: what is synced stays, what is not goes in every way that a disk has."""

from pathlib import Path

import pytest

from tests.proof.cuts.contents import Weather
from tests.proof.cuts.disk import Disk, load
from tests.proof.cuts.operations import Kind, Operation

FOLDER, FOLDER_INODE = "/disk", 1
NOTHING = Weather(survival=0.0)
EVERYTHING = Weather(survival=1.0)
HALF = Weather(survival=0.5)
SEEDS = range(200)


def disk(*operations: Operation, directory_syncs: bool = True) -> Disk:
    """Return a disk with one durable file, `old`, after these operations."""
    made = Disk(
        {"/disk/old": (10, b"old")}, {FOLDER: FOLDER_INODE}, directory_syncs=directory_syncs
    )
    for operation in operations:
        made.apply(operation)
    return made


def create(name: str, inode: int = 20) -> Operation:
    return Operation(Kind.CREATE, f"/disk/{name}", inode=inode)


def write(data: bytes, offset: int = 0, inode: int = 10) -> Operation:
    return Operation(Kind.WRITE, inode=inode, offset=offset, data=data)


def resize(size: int, kind: Kind = Kind.TRUNCATE) -> Operation:
    return Operation(kind, inode=10, offset=size)


def sync(inode: int = 10) -> Operation:
    return Operation(Kind.SYNC, inode=inode)


SUB = 30
"""The inode of a directory that is made on the way."""


def mkdir(name: str, inode: int = SUB) -> Operation:
    return Operation(Kind.MKDIR, f"/disk/{name}", inode=inode)


def rmdir(name: str) -> Operation:
    return Operation(Kind.RMDIR, f"/disk/{name}")


SYNC_FOLDER = sync(FOLDER_INODE)
IN_SUB = (mkdir("sub"), create("sub/two"), write(b"2", inode=20), sync(20))
"""A directory with a file in it: the file's content is durable, both names are not."""


def left(disk: Disk, weather: Weather = NOTHING, seed: int = 1) -> dict[str, bytes]:
    return {
        path.removeprefix("/disk/"): bytes(content)
        for path, content in disk.after_cut(weather, seed).files.items()
    }


def directories(disk: Disk, weather: Weather = NOTHING, seed: int = 1) -> list[str]:
    return disk.after_cut(weather, seed).directories


def outcomes(disk: Disk, weather: Weather, name: str = "old") -> set[bytes]:
    return {left(disk, weather, seed).get(name, b"(gone)") for seed in SEEDS}


def test_what_was_synced_stays_and_what_was_not_is_lost_in_the_worst_weather() -> None:
    assert left(disk(write(b"new"))) == {"old": b"old"}
    assert left(disk(write(b"new"), sync())) == {"old": b"new"}
    assert left(disk(write(b"new"), sync(), write(b"NEW"))) == {"old": b"new"}


def test_in_the_best_weather_everything_stays() -> None:
    run = disk(write(b"newer", 1), create("two"), write(b"2", inode=20))
    assert left(run, EVERYTHING) == {"old": b"onewer", "two": b"2"}


def test_a_sync_is_of_one_file_alone() -> None:
    run = disk(create("two"), SYNC_FOLDER, write(b"2", inode=20), write(b"new"), sync(20))
    assert left(run) == {"old": b"old", "two": b"2"}


def test_a_name_is_durable_once_its_directory_is_synced_and_not_before() -> None:
    made = (create("two"), write(b"2", inode=20), sync(20))
    assert left(disk(*made)) == {"old": b"old"}
    assert left(disk(*made, SYNC_FOLDER)) == {"old": b"old", "two": b"2"}


def test_a_sync_of_one_directory_makes_no_name_of_another_durable() -> None:
    made = Disk({}, {"/disk": 1, "/disk/sub": 2})
    for operation in (create("one"), create("sub/two", 21), sync(2)):
        made.apply(operation)
    assert left(made) == {"sub/two": b""}


def test_a_directory_is_there_once_the_one_above_it_is_synced() -> None:
    assert directories(disk(mkdir("sub"))) == ["/disk"]
    assert directories(disk(mkdir("sub"), sync(SUB))) == ["/disk"]
    assert directories(disk(mkdir("sub"), SYNC_FOLDER)) == ["/disk", "/disk/sub"]
    assert directories(disk(mkdir("sub")), EVERYTHING) == ["/disk", "/disk/sub"]


def test_a_file_needs_its_name_and_the_directory_that_it_is_in() -> None:
    assert left(disk(*IN_SUB)) == {"old": b"old"}
    assert left(disk(*IN_SUB, SYNC_FOLDER)) == {"old": b"old"}
    assert left(disk(*IN_SUB, sync(SUB))) == {"old": b"old"}
    assert left(disk(*IN_SUB, sync(SUB), SYNC_FOLDER)) == {"old": b"old", "sub/two": b"2"}
    assert left(disk(*IN_SUB, SYNC_FOLDER, sync(SUB))) == {"old": b"old", "sub/two": b"2"}


def test_a_directory_inside_one_that_is_gone_is_gone_too() -> None:
    deep = (mkdir("sub"), mkdir("sub/deep", 31), create("sub/deep/two"))
    run = disk(*deep, sync(31), sync(SUB))
    assert directories(run) == ["/disk"]
    assert left(run) == {"old": b"old"}
    run.apply(SYNC_FOLDER)
    assert directories(run) == ["/disk", "/disk/sub", "/disk/sub/deep"]
    assert left(run) == {"old": b"old", "sub/deep/two": b""}


def test_names_of_files_and_directories_survive_in_one_order() -> None:
    run = disk(create("a", 21), mkdir("sub"), create("sub/two"), create("z", 22))
    survived = {
        " ".join(sorted({*left(run, HALF, seed), *directories(run, HALF, seed)})) for seed in SEEDS
    }
    assert survived == {
        "/disk old",
        "/disk a old",
        "/disk /disk/sub a old",
        "/disk /disk/sub a old sub/two",
        "/disk /disk/sub a old sub/two z",
    }


def test_a_removed_directory_comes_back_until_the_one_above_it_is_synced() -> None:
    run = disk(*IN_SUB, sync(SUB), SYNC_FOLDER)
    run.apply(Operation(Kind.UNLINK, "/disk/sub/two"))
    run.apply(rmdir("sub"))
    assert left(run) == {"old": b"old", "sub/two": b"2"}
    assert {tuple(left(run, HALF, seed)) for seed in SEEDS} == {("old", "sub/two"), ("old",)}
    run.apply(SYNC_FOLDER)
    assert directories(run, EVERYTHING) == ["/disk"]
    assert left(run, EVERYTHING) == {"old": b"old"}


def test_a_directory_that_is_made_again_holds_nothing_of_the_one_before() -> None:
    run = disk(*IN_SUB, sync(SUB), SYNC_FOLDER)
    for operation in (
        Operation(Kind.UNLINK, "/disk/sub/two"),
        rmdir("sub"),
        mkdir("sub", 31),
        SYNC_FOLDER,
    ):
        run.apply(operation)
    assert directories(run) == ["/disk", "/disk/sub"]
    assert left(run) == left(run, EVERYTHING) == {"old": b"old"}


def test_a_file_that_moves_to_another_directory_is_in_one_of_them() -> None:
    run = disk(mkdir("sub"), SYNC_FOLDER)
    run.apply(Operation(Kind.RENAME, "/disk/old", "/disk/sub/old"))
    moved = {"old": b"old"}, {"sub/old": b"old"}
    assert all(left(run, HALF, seed) in moved for seed in SEEDS)
    run.apply(sync(SUB))
    assert left(run) == moved[1]


def test_a_file_that_moves_into_a_directory_that_is_lost_is_lost() -> None:
    run = disk(mkdir("sub"), Operation(Kind.RENAME, "/disk/old", "/disk/sub/old"), sync(SUB))
    assert left(run) == {}


def test_what_moved_away_durably_does_not_come_back_by_how_it_was_made() -> None:
    run = disk(mkdir("sub"), SYNC_FOLDER, create("two"))
    run.apply(Operation(Kind.RENAME, "/disk/two", "/disk/sub/two"))
    run.apply(sync(SUB))
    assert left(run) == left(run, EVERYTHING) == {"old": b"old", "sub/two": b""}


def test_without_directory_syncs_no_name_is_ever_durable() -> None:
    run = disk(create("two"), SYNC_FOLDER, directory_syncs=False)
    assert left(run) == {"old": b"old"}


def test_names_survive_in_order_up_to_a_random_one() -> None:
    run = disk(create("a", 20), create("b", 21), create("c", 22))
    survived = {"".join(sorted(set(left(run, HALF, seed)) - {"old"})) for seed in SEEDS}
    assert survived == {"", "a", "ab", "abc"}


def test_a_rename_survives_whole_or_not_at_all() -> None:
    run = disk(create("new"), write(b"new", inode=20), sync(20), SYNC_FOLDER)
    run.apply(Operation(Kind.RENAME, "/disk/new", "/disk/old"))
    whole = {"old": b"new"}, {"old": b"old", "new": b"new"}
    assert all(left(run, HALF, seed) in whole for seed in SEEDS)
    assert left(run) == whole[1]
    run.apply(SYNC_FOLDER)
    assert left(run) == whole[0]


def test_a_removed_name_comes_back_until_its_directory_is_synced() -> None:
    run = disk(Operation(Kind.UNLINK, "/disk/old"))
    assert left(run) == {"old": b"old"}
    run.apply(SYNC_FOLDER)
    assert left(run, EVERYTHING) == {}


def test_a_link_gives_a_file_a_second_name() -> None:
    run = disk(Operation(Kind.LINK, "/disk/old", "/disk/two"), SYNC_FOLDER, write(b"new"), sync())
    assert left(run) == {"old": b"new", "two": b"new"}


def test_an_inode_that_is_used_again_is_another_file() -> None:
    run = disk(Operation(Kind.UNLINK, "/disk/old"), create("old", 10), write(b"x"), SYNC_FOLDER)
    assert left(run) == {"old": b""}


def test_each_sector_survives_by_itself() -> None:
    run = disk(resize(0), write(bytes(1536)), sync(), write(b"a" * 512 + b"b" * 512 + b"c" * 512))
    seen = {bytes(content[place] for place in (0, 512, 1024)) for content in outcomes(run, HALF)}
    assert len(seen) == 8, "every combination of three sectors"


def test_a_larger_sector_survives_as_one() -> None:
    run = disk(resize(0), write(bytes(8192)), sync(), write(b"a" * 4096 + b"b" * 4096))
    half = Weather(survival=0.5, sector=4096)
    assert {content[:4096] for content in outcomes(run, half)} == {bytes(4096), b"a" * 4096}


def test_sectors_are_those_of_the_disk_and_not_of_the_write() -> None:
    run = disk(resize(0), write(bytes(1024)), sync(), write(b"x" * 512, 256))
    seen = {content[256:512] + content[512:768] for content in outcomes(run, HALF)}
    assert seen == {a * 256 + b * 256 for a in (b"\0", b"x") for b in (b"\0", b"x")}


def test_a_torn_sector_keeps_a_first_part() -> None:
    run = disk(write(b"abc"))
    assert outcomes(run, HALF) == {b"old", b"abc"}
    torn = Weather(survival=0.5, torn=True)
    assert outcomes(run, torn) == {b"old", b"ald", b"abd", b"abc"}
    assert outcomes(run, Weather(survival=0.0, torn=True)) == {b"old"}


def test_a_sector_written_twice_may_keep_either_time() -> None:
    assert outcomes(disk(write(b"one"), write(b"two")), HALF) == {b"old", b"one", b"two"}


def test_a_change_of_size_may_be_lost_while_later_writes_stay() -> None:
    run = disk(resize(0), write(b"N"))
    assert outcomes(run, HALF) == {b"old", b"", b"Nld", b"N"}
    assert left(disk(resize(0), sync())) == {"old": b""}


def test_a_lost_sector_before_one_that_survived_reads_as_zeros() -> None:
    run = disk(write(b"x", 5))
    assert outcomes(run, HALF) == {b"old", b"old\0\0x"}
    assert left(disk(resize(5), sync())) == {"old": b"old\0\0"}


def test_room_that_is_reserved_makes_a_file_no_shorter() -> None:
    assert left(disk(resize(5, Kind.ALLOCATE), sync())) == {"old": b"old\0\0"}
    assert left(disk(resize(1, Kind.ALLOCATE), sync())) == {"old": b"old"}


def test_the_same_seed_leaves_the_same() -> None:
    run = disk(write(bytes(range(256)) * 40))
    assert left(run, HALF, 7) == left(run, HALF, 7)
    assert len(outcomes(run, HALF)) > 100


def test_what_the_model_does_not_know_is_no_quiet_success() -> None:
    with pytest.raises(ValueError, match="MARK"):
        disk(Operation(Kind.MARK))
    with pytest.raises(ValueError, match="to a directory: RENAME"):
        disk(mkdir("sub"), Operation(Kind.RENAME, "/disk/sub", "/disk/other"))
    with pytest.raises(ValueError, match="a directory: WRITE"):
        disk(mkdir("sub"), write(b"x", inode=SUB))
    with pytest.raises(KeyError):
        disk(write(b"x", inode=99))
    with pytest.raises(KeyError):
        disk(sync(99))


def test_a_folder_is_loaded_with_its_files_and_directories(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "file").write_bytes(b"x")
    files, directories = load(tmp_path)
    inode = (tmp_path / "sub" / "file").stat().st_ino
    assert files == {str(tmp_path / "sub" / "file"): (inode, b"x")}
    assert set(directories) == {str(tmp_path), str(tmp_path / "sub")}
