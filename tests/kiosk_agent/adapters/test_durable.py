"""Directories of one's own: their names are on the disk before anything relies on them."""

import os
from pathlib import Path

import pytest

from kiosk_agent.adapters import durable


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of what is synced from now on, in order."""
    names: list[str] = []

    def fsync(descriptor: int) -> None:
        names.append(Path(os.path.realpath(f"/proc/self/fd/{descriptor}")).name)

    monkeypatch.setattr(os, "fsync", fsync)
    return names


def test_each_directory_is_made_private_and_synced_before_the_next(
    tmp_path: Path, synced: list[str]
) -> None:
    durable.make_directory(tmp_path / "one" / "two")
    assert synced == [tmp_path.name, "one"]
    assert (tmp_path / "one" / "two").stat().st_mode & 0o777 == 0o700


def test_one_that_is_there_may_have_been_made_by_somebody_who_was_killed(
    tmp_path: Path, synced: list[str]
) -> None:
    (tmp_path / "one").mkdir()
    durable.make_directory(tmp_path / "one")
    assert synced == [tmp_path.name]


def test_one_that_others_made_where_nothing_can_be_synced_is_fine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: int) -> None:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(os, "fsync", refuse)
    (tmp_path / "one").mkdir()
    durable.make_directory(tmp_path / "one")
    with pytest.raises(OSError, match="Invalid"):
        durable.make_directory(tmp_path / "two")


def test_a_file_in_the_way_is_no_directory(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("not a directory")
    with pytest.raises(FileExistsError):
        durable.make_directory(tmp_path / "one")


def test_a_file_is_for_whom_it_is_meant_and_its_owner_alone_otherwise(tmp_path: Path) -> None:
    durable.write_whole(tmp_path / "own", b"1")
    durable.write_whole(tmp_path / "told", b"2", 0o640)
    modes = {one.name: one.stat().st_mode & 0o777 for one in tmp_path.iterdir()}
    assert modes == {"own": 0o600, "told": 0o640}


def test_a_folder_on_a_stick_that_is_gone_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        durable.make_folder(tmp_path / "stick" / "export")
    durable.make_folder(tmp_path / "export", 0o750)
    durable.make_folder(tmp_path / "export")
    assert (tmp_path / "export").stat().st_mode & 0o777 == 0o750
