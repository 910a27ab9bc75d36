"""The reserve is really allocated, and a fake that services are tested with behaves the same."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk_agent.adapters.disk_room import RESERVE_NAME, StateDirRoom
from kiosk_agent.ports.disk_room import DiskRoom, EndlessRoom
from tests.support.disk import FakeDisk

SIZE = 1_000_000


def _real(folder: Path) -> DiskRoom:
    return StateDirRoom(folder, SIZE)


def _fake(_folder: Path) -> DiskRoom:
    return FakeDisk(held=False, reserve=SIZE)


@pytest.mark.parametrize("make", [_real, _fake])
def test_a_reserve_is_held_and_given_up_once(
    tmp_path: Path, make: Callable[[Path], DiskRoom]
) -> None:
    room = make(tmp_path)
    assert not room.holds_reserve()
    assert not room.give_up_reserve(), "there was nothing to give"
    assert room.hold_reserve()
    assert room.hold_reserve(), "again is harmless"
    assert room.holds_reserve()
    assert room.give_up_reserve()
    assert not room.holds_reserve()
    assert room.free_bytes() > 0


def test_the_reserve_is_allocated_not_just_long(tmp_path: Path) -> None:
    room = StateDirRoom(tmp_path, SIZE)
    path = tmp_path / RESERVE_NAME
    path.touch()
    with path.open("r+b") as file:
        file.truncate(SIZE)
    assert not room.holds_reserve(), "a file with a hole holds nothing"
    assert room.hold_reserve()
    found = path.stat()
    assert found.st_size == SIZE
    assert found.st_blocks * 512 >= SIZE


@pytest.mark.parametrize("before", [SIZE // 2, SIZE * 2])
def test_another_size_in_the_settings_changes_the_file(tmp_path: Path, before: int) -> None:
    assert StateDirRoom(tmp_path, before).hold_reserve()
    room = StateDirRoom(tmp_path, SIZE)
    assert not room.holds_reserve()
    assert room.hold_reserve()
    assert (tmp_path / RESERVE_NAME).stat().st_size == SIZE


def test_where_it_does_not_fit_nothing_is_taken(tmp_path: Path) -> None:
    room = StateDirRoom(tmp_path, 1 << 55)
    assert not room.hold_reserve()
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_cannot_be_asked_has_no_room(tmp_path: Path) -> None:
    room = StateDirRoom(tmp_path / "gone", SIZE)
    assert room.free_bytes() == 0
    assert not room.holds_reserve()
    assert not room.hold_reserve()


def test_a_reserve_of_nothing_is_held_without_a_file(tmp_path: Path) -> None:
    assert StateDirRoom(tmp_path, 0).hold_reserve()
    assert list(tmp_path.iterdir()) == []


def test_where_no_room_is_counted_nothing_is_given() -> None:
    room = EndlessRoom()
    assert room.free_bytes() > 1 << 50
    assert (room.holds_reserve(), room.hold_reserve(), room.give_up_reserve()) == (
        True,
        True,
        False,
    )
