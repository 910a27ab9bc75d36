"""Unix sockets to listen on: never stolen from a live process, never open wider than asked."""

import os
import socket
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from kiosk_contracts.problem import ProblemCode, ProblemError

LONGEST_PATH: Final = 107
"""Bytes: `sun_path` holds 108 with the closing NUL (unix(7))."""
_PROBE_TIMEOUT_S: Final = 2.0
_UCRED: Final = struct.Struct("3i")


@contextmanager
def unix_socket(path: Path, mode: int) -> Iterator[socket.socket]:
    """Bind a stream socket at `path` with exactly `mode`; remove it at the end.

    It does not listen yet, so nobody gets in before the mode is set. A socket that a dead process
    left is removed. Raises ProblemError `socket_unusable`; then what stands there is untouched.
    """
    check_socket_path(path)
    _clear_stale(path)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        bound.settimeout(0)
        try:
            bound.bind(str(path))
            path.chmod(mode)
        except OSError as error:
            raise _unusable(path, error.strerror or str(error), _CHECK) from error
        made = path.stat()
        try:
            yield bound
        finally:
            _remove_own(path, made)
    finally:
        bound.close()


_CHECK: Final = "Check the setting, and who may write to that directory."


def check_socket_path(path: Path) -> None:
    """Raise ProblemError `socket_unusable` if no socket can be made there; change nothing."""
    length = len(os.fsencode(path))
    if length > LONGEST_PATH:
        why = f"the path has {length} bytes, a socket's path at most {LONGEST_PATH}"
        raise _unusable(path, why, "Choose a shorter path, e.g. below /run.")
    if not path.parent.is_dir():
        raise _unusable(path, f"{path.parent} is not a directory", "Make that directory first.")
    found = _found_at(path)
    if found is not None and not stat.S_ISSOCK(found.st_mode):
        why = "something that is no socket stands there"
        raise _unusable(path, why, "Move it away, or choose another path.")


def _found_at(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(path, error.strerror or str(error), _CHECK) from error


def _clear_stale(path: Path) -> None:
    if _found_at(path) is None:
        return
    pid = _listener(path)
    if pid is not None:
        why = f"process {pid} is listening there"
        raise _unusable(path, why, "Stop that process, or choose another path.")
    path.unlink()


def _listener(path: Path) -> int | None:
    """Return the pid of who listens at `path`; None if nobody does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(_PROBE_TIMEOUT_S)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return None
        except OSError as error:
            raise _unusable(path, f"can't tell who has it: {error}", _CHECK) from error
        credentials = probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
        pid: int = _UCRED.unpack(credentials)[0]
        return pid


def _remove_own(path: Path, made: os.stat_result) -> None:
    """Remove the socket unless another process has put its own in its place."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if (found.st_dev, found.st_ino) == (made.st_dev, made.st_ino):
        path.unlink()


def _unusable(path: Path, why: str, hint: str) -> ProblemError:
    return ProblemError(
        500,
        ProblemCode.SOCKET_UNUSABLE,
        "The socket can't be used",
        detail=f"{path}: {why}.",
        hint=hint,
    )
