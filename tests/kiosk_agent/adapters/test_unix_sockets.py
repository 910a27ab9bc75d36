"""Sockets are never stolen from the living, and nothing but a dead socket is ever removed."""

import os
import socket
import stat
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from kiosk_agent.adapters.unix_sockets import LONGEST_PATH, unix_socket
from kiosk_contracts.problem import ProblemError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work inside the folder, so that names are short however deep it is."""
    monkeypatch.chdir(tmp_path)
    return Path()


def _refusal(path: Path) -> str:
    with pytest.raises(ProblemError) as caught, unix_socket(path, 0o660):
        raise AssertionError("it was bound")
    assert (caught.value.code, caught.value.problem.hint != "") == ("socket_unusable", True)
    return f"{caught.value.problem.detail} {caught.value.problem.hint}"


@pytest.mark.parametrize("mode", [0o660, 0o600])
@pytest.mark.parametrize("umask", [0o000, 0o077, 0o177])
def test_the_mode_is_exact_whatever_the_umask_is(folder: Path, mode: int, umask: int) -> None:
    path, before = folder / "s", os.umask(umask)
    try:
        with unix_socket(path, mode):
            assert stat.S_IMODE(path.stat().st_mode) == mode
    finally:
        os.umask(before)


def test_nobody_gets_in_before_the_mode_is_set(folder: Path) -> None:
    with (
        unix_socket(folder / "s", 0o600),
        closing(socket.socket(socket.AF_UNIX)) as other,
        pytest.raises(ConnectionRefusedError),
    ):
        other.connect("s")


def test_a_path_of_107_bytes_is_taken_and_one_of_108_is_not(folder: Path) -> None:
    longest = folder / ("é" * 53 + "x")
    assert len(os.fsencode(longest)) == LONGEST_PATH == 107
    with unix_socket(longest, 0o600) as bound:
        bound.listen()
        with closing(socket.socket(socket.AF_UNIX)) as other:
            other.connect(str(longest))
    said = _refusal(folder / ("é" * 54))
    assert "has 108 bytes, a socket's path at most 107" in said
    assert "shorter" in said
    assert list(folder.iterdir()) == []


def test_a_socket_of_the_living_is_left_alone_and_its_owner_named(folder: Path) -> None:
    with unix_socket(folder / "s", 0o600) as bound:
        bound.listen()
        assert f"process {os.getpid()} is listening there" in _refusal(folder / "s")
        with closing(socket.socket(socket.AF_UNIX)) as other:
            other.connect("s")


def test_the_socket_of_a_dead_process_is_replaced(folder: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as dead:
        dead.bind("s")
    before = (folder / "s").stat().st_ino, (folder / "s").stat().st_ctime_ns
    with unix_socket(folder / "s", 0o600) as bound:
        assert ((folder / "s").stat().st_ino, (folder / "s").stat().st_ctime_ns) != before
        bound.listen()
    assert not (folder / "s").exists()


def test_what_is_no_socket_is_not_removed(folder: Path) -> None:
    (folder / "file").write_text("takings of June")
    (folder / "folder").mkdir()
    (folder / "link").symlink_to("file")
    for name in ("file", "folder", "link"):
        assert "no socket stands there" in _refusal(folder / name)
    assert (folder / "file").read_text() == "takings of June"
    assert (folder / "folder").is_dir()
    assert (folder / "link").is_symlink()


def test_a_folder_that_is_missing_is_named(folder: Path) -> None:
    said = _refusal(folder / "run" / "eventpro" / "ui.sock")
    assert "run/eventpro is not a directory. Make that directory first." in said
    assert list(folder.iterdir()) == []


def test_a_socket_that_another_put_in_its_place_is_left_there(folder: Path) -> None:
    with ExitStack() as stack:
        stack.enter_context(unix_socket(folder / "s", 0o600))
        (folder / "s").unlink()
        other = stack.enter_context(closing(socket.socket(socket.AF_UNIX)))
        # As long as ours is bound its inode is not given to another.
        other.bind("s")
    assert (folder / "s").is_socket()


def test_a_socket_that_is_gone_already_is_no_trouble(folder: Path) -> None:
    with unix_socket(folder / "s", 0o600):
        (folder / "s").unlink()
    assert list(folder.iterdir()) == []
