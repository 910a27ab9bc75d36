"""A damaged journal on a full disk: all stays as it was, and people are told what is needed."""

import sqlite3
from pathlib import Path

import pytest

from kiosk_agent.adapters.journal import recovery
from kiosk_contracts.problem import ProblemError
from tests.support.disk import FakeDisk
from tests.support.salvage import Scene, check, scene


def _content(one: Scene) -> dict[str, bytes]:
    """Return the files; SQLite's index of the log is made anew by every reader."""
    return {
        str(path.relative_to(one.folder)): path.read_bytes()
        for path in one.folder.rglob("*")
        if path.is_file() and not path.name.endswith("-shm")
    }


def _full(*_words: object, **_named: object) -> None:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    raise error


def _no_space(*_words: object, **_named: object) -> None:
    raise OSError(28, "No space left on device")


FAILING = {
    "while rows are copied": ("copy_rows", _full),
    "when the new epoch is written": ("continue_in", _full),
    "when it is synced": ("durable.sync", _no_space),
    "when the note is written": ("durable.write_whole", _no_space),
    "when its folder is made": ("durable.make_directory", _no_space),
}


@pytest.mark.parametrize("when", FAILING)
async def test_without_room_all_is_as_it_was_and_then_it_goes_on(
    tmp_path: Path, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = scene(tmp_path, closed=True)
    one.path.write_bytes(one.path.read_bytes()[:-4096])
    before = _content(one)
    size = one.path.stat().st_size
    name, failing = FAILING[when]
    with monkeypatch.context() as patched:
        patched.setattr(f"{recovery.__name__}.{name}", failing)
        for _ in range(2):
            with pytest.raises(ProblemError) as caught:
                await one.outcome()
            assert caught.value.code == "storage_full"
            assert f"up to {(size + 1_000_000) / 1e6:.1f} MB must be free" in str(
                caught.value.problem.detail
            )
            assert {name: text for name, text in _content(one).items() if text} == before
    found = await one.outcome()
    check(one, found)
    assert (found.epoch, len(one.reports())) == (2, 1)


async def test_room_held_back_is_given_up_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = scene(tmp_path, closed=True)
    one.path.write_bytes(one.path.read_bytes()[:-4096])
    disk = FakeDisk()
    copy = recovery.copy_rows

    def needing_room(*words: object, **named: object) -> object:
        if disk.held:
            _full()
        return copy(*words, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(recovery, "copy_rows", needing_room)
    async with one.opened(room=disk) as journal:
        assert len(await journal.read(lambda reader: reader.epochs())) == 2
    assert disk.given_up == 1
