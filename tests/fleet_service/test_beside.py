"""Work beside a block ends with it, and says so if it ends before."""

import asyncio

import pytest
from structlog.testing import capture_logs

from fleet_service.beside import beside


async def until_cancelled(ended: asyncio.Event) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        ended.set()


async def test_work_ends_with_the_block() -> None:
    ended = asyncio.Event()
    with capture_logs() as said:
        async with beside(until_cancelled(ended), "looking"):
            await asyncio.sleep(0)
            assert not ended.is_set()
        assert ended.is_set()
    assert said == []


async def test_work_ends_also_where_the_block_fails() -> None:
    ended = asyncio.Event()

    async def failing() -> None:
        async with beside(until_cancelled(ended), "looking"):
            await asyncio.sleep(0)
            raise KeyError

    with pytest.raises(KeyError):
        await failing()
    assert ended.is_set()


async def test_work_that_fails_says_so_at_once() -> None:
    said_in_the_block: list[tuple[str, ...]] = []

    async def work() -> None:
        raise ValueError("nobody foresaw it")

    async def serving() -> None:
        async with beside(work(), "looking"):
            for _ in range(3):
                await asyncio.sleep(0)
            said_in_the_block.extend(
                (line["log_level"], line["event"], line["work"]) for line in said
            )

    with capture_logs() as said, pytest.raises(ValueError, match="nobody foresaw it"):
        await serving()
    assert said_in_the_block == [("error", "work_ended", "looking")]
