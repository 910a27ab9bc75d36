"""Ends a test that its own time limit did not end.

pytest-timeout raises in the main thread, once. Where an event loop runs, that may be inside some
task of the loop, which then carries the failure while the test waits on; and once a test has
failed, for whatever reason, it watches no more: what the fixtures do then has no limit. One such
test is enough to keep a whole run waiting without a word.
"""

import faulthandler
import os
from collections.abc import Iterator

import pytest

_stderr = pytest.StashKey[int]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Have a setting of how long pytest-timeout has to end a test by itself: others then go on."""
    parser.addini("grace", "seconds after a test's time before its process ends", default="60")


def pytest_configure(config: pytest.Config) -> None:
    """Keep the standard error that no test captures."""
    config.stash[_stderr] = os.dup(2)


def _ends(item: pytest.Item) -> Iterator[None]:
    """Show where every thread is, and end this process, if a part of the test takes too long.

    The run goes on: pytest-xdist counts the test as failed, and starts another worker.
    """
    until_s = _limit_s(item) + float(item.config.getini("grace"))
    faulthandler.dump_traceback_later(until_s, exit=True, file=item.config.stash[_stderr])
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


# Each by itself: pytest cancels what it finds when a part has failed, and teardown comes after.
pytest_runtest_setup = pytest.hookimpl(wrapper=True, tryfirst=True)(_ends)
pytest_runtest_call = pytest.hookimpl(wrapper=True, tryfirst=True)(_ends)
pytest_runtest_teardown = pytest.hookimpl(wrapper=True, tryfirst=True)(_ends)


def _limit_s(item: pytest.Item) -> float:
    marked = item.get_closest_marker("timeout")
    asked = item.config.getoption("timeout")
    return float(marked.args[0] if marked else asked or item.config.getini("timeout"))
