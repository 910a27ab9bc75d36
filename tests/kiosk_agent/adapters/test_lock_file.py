"""One process at a time has a journal, and the others are told who."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk_agent.adapters.lock_file import journal_lock
from kiosk_contracts.problem import ProblemError

HOLDER = """
import sys
from pathlib import Path
from kiosk_agent.adapters.lock_file import journal_lock
with journal_lock(Path(sys.argv[1]), "kiosk-agent run"):
    print("held", flush=True)
    sys.stdin.read()
"""
ROOT = Path(__file__).resolve().parents[3]


def _lock(folder: Path) -> None:
    with journal_lock(folder, "a command"):
        pass


def _holder(folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_second_process_is_told_who_has_it_and_a_kill_frees_it(tmp_path: Path) -> None:
    with _holder(tmp_path) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        kept = (tmp_path / "agent.lock").read_text()
        for _ in range(2):
            with pytest.raises(ProblemError) as caught:
                _lock(tmp_path)
            detail = caught.value.problem.detail
            assert detail.startswith(f"process {holder.pid} (kiosk-agent run) holds")
        assert (caught.value.code, caught.value.problem.retryable) == ("journal_locked", True)
        assert (tmp_path / "agent.lock").read_text() == kept == f"{holder.pid} kiosk-agent run\n"
        holder.kill()
    _lock(tmp_path)
    assert (tmp_path / "agent.lock").read_text() == f"{os.getpid()} a command\n"


def test_the_lock_is_freed_also_when_what_was_done_under_it_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), journal_lock(tmp_path, "a command with a longer name"):
        raise ZeroDivisionError
    _lock(tmp_path)
    assert (tmp_path / "agent.lock").read_text() == f"{os.getpid()} a command\n"


def test_a_holder_that_has_not_written_its_name_is_another_process(tmp_path: Path) -> None:
    with journal_lock(tmp_path, "one"):
        (tmp_path / "agent.lock").write_text("")
        with pytest.raises(ProblemError, match="another process holds"):
            _lock(tmp_path)


def test_a_state_directory_that_can_not_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProblemError) as caught:
        _lock(tmp_path / "missing")
    assert caught.value.code == "setting_invalid"
    assert "No such file" in caught.value.problem.detail
    assert "state_dir" in caught.value.problem.hint
