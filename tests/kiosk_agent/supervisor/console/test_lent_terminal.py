"""A terminal that is lent: taken once, its sizes followed, and nothing else taken for one."""

import asyncio
import os
import pwd
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk_agent.supervisor.console.display.lent import LENT, RESIZED, NotLentError, borrowing
from kiosk_agent.supervisor.console.display.stage import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(user=pwd.getpwuid(os.geteuid()).pw_name, folder=tmp_path)


@contextmanager
def _lender(stage: Stage, fd: int | None) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as lender:
        lender.connect(str(stage.socket))
        # A size that changed before it was lent.
        lender.send(RESIZED)
        if fd is not None:
            socket.send_fds(lender, [LENT], [fd])
        yield lender


async def test_a_terminal_is_lent_followed_and_given_back(stage: Stage) -> None:
    ours, its = os.openpty()
    resized: list[bool] = []
    async with borrowing(stage) as borrower:
        assert stage.socket.stat().st_mode & 0o777 == 0o660
        with _lender(stage, its) as lender:
            os.close(its)
            lent = await borrower.borrow()
            os.write(lent, b"shown")
            assert os.read(ours, 10) == b"shown"
            following = asyncio.create_task(borrower.follow(lambda: resized.append(True)))
            lender.send(RESIZED)
            lender.shutdown(socket.SHUT_WR)
            await following
            borrower.close()
            # Its lender learns of it, and ends.
            assert lender.recv(1) == b""
    assert resized == [True]
    assert not stage.socket.exists()
    os.close(ours)


async def test_what_is_no_terminal_or_never_comes_is_refused(stage: Stage) -> None:
    reading, writing = os.pipe()
    async with borrowing(stage) as borrower:
        with _lender(stage, reading), pytest.raises(NotLentError, match="no terminal"):
            await borrower.borrow()
    async with borrowing(stage) as borrower:
        with _lender(stage, None) as lender:
            lender.shutdown(socket.SHUT_WR)
            with pytest.raises(NotLentError, match="before it lent"):
                await borrower.borrow()
    os.close(reading)
    os.close(writing)
