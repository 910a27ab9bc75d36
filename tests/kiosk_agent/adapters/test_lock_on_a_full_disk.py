"""The lock holds also where there is no room for its holder's name."""

import errno
import os
from pathlib import Path

import pytest

from kiosk_agent.adapters.lock_file import journal_lock
from kiosk_contracts.problem import ProblemError


def _full(*_values: object) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_disk_without_room_for_a_name_keeps_nobody_from_working(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        full.setattr(os, "pwrite", _full)
        with (
            journal_lock(tmp_path, "kiosk-agent run"),
            pytest.raises(ProblemError, match="another process holds"),
            journal_lock(tmp_path, "a second one"),
        ):
            raise AssertionError("two have it")
    with journal_lock(tmp_path, "the next one"):
        pass
