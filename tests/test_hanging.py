"""A test that hangs is ended, and says where; the others go on."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
TESTS = """
import asyncio, contextlib, threading, time
import pytest

@pytest.fixture
def left():
    yield
    threading.Event().wait()  # nobody sets it

def test_that_fails_first(left):
    assert False

def test_whose_task_swallows_the_end_of_its_time():
    async def busy():
        while True:
            time.sleep(0.01)
            await asyncio.sleep(0)

    async def whole():
        working = asyncio.create_task(busy())
        await asyncio.Event().wait()

    asyncio.run(whole())

def test_that_is_well():
    pass
"""


def test_a_test_that_hangs_is_ended_and_the_others_go_on(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TESTS)
    plugins = [f"-p{name}" for name in ("xdist", "pytest_timeout", "tests.support.hanging")]
    limits = ["-o", "timeout=1", "-o", "grace=1"]
    where = ["-c", "/dev/null", f"--rootdir={tmp_path}", tmp_path]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, *limits, "-n", "1", "-ra", *where],
        cwd=ROOT,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    crashed = set(re.findall(r"crashed while running '.*::(\w+)'", ended.stdout))
    hang = {"test_that_fails_first", "test_whose_task_swallows_the_end_of_its_time"}
    assert crashed == hang, ended.stdout + ended.stderr
    assert "1 passed" in ended.stdout
    assert 'test_it.py", line 8 in left' in ended.stderr
    assert ended.returncode == 1
