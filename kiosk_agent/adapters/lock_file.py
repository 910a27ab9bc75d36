"""One process at a time has a journal: an exclusive flock that ends with its holder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from kiosk_contracts.problem import ProblemCode, ProblemError

LOCK_NAME: Final = "agent.lock"


@contextmanager
def journal_lock(state_dir: Path, what: str) -> Iterator[None]:
    """Hold the lock of `state_dir`; `what` names the holder to others.

    Raises ProblemError `journal_locked`, naming the holder's pid; the holder notices nothing. The
    file stays: removing it would let two processes lock two files of one name.
    """
    path = state_dir / LOCK_NAME
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unusable(path, error) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise _taken(path, os.pread(descriptor, 200, 0).decode("utf-8", "replace")) from error
        # The name is for people who wonder; a disk without room for it keeps nobody from working.
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()} {what}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _taken(path: Path, holder: str) -> ProblemError:
    pid, _, what = holder.strip().partition(" ")
    who = f"process {pid} ({what})" if pid else "another process"
    return ProblemError(
        503,
        ProblemCode.JOURNAL_LOCKED,
        "Another process has this kiosk's journal",
        detail=f"{who} holds {path}.",
        hint="Use the agent that runs already, or stop it first.",
        retryable=True,
    )


def _unusable(path: Path, error: OSError) -> ProblemError:
    return ProblemError(
        500,
        ProblemCode.SETTING_INVALID,
        "The state directory can't be used",
        detail=f"{path}: {error.strerror}.",
        hint="Check the setting state_dir and who owns that directory.",
    )
