"""What Python has freed goes back to the host when the agent asks for that."""

import subprocess
import sys

import pytest

from kiosk_agent.adapters import heap

_FREED = """
import psutil
from kiosk_agent.adapters.heap import trim_heap

held = [bytes(1000) for _ in range(200_000)]
kept = held[::10_000]
del held
before = psutil.Process().memory_info().rss
trim_heap()
print(before - psutil.Process().memory_info().rss, len(kept))
"""


def test_pages_that_hold_nothing_go_back_to_the_host() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FREED], check=True, capture_output=True, text=True
    )
    given_back, kept = (int(word) for word in done.stdout.split())
    assert kept == 20
    assert given_back > 100_000_000


def test_a_c_library_without_that_call_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heap.ctypes, "CDLL", lambda _name: object())
    heap.trim_heap()
