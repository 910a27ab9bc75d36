"""Listeners hear of every change that came after their last look."""

import asyncio

from kiosk_agent.services.changes import Changes


async def test_a_change_wakes_all_listeners() -> None:
    changes = Changes()
    listeners = [asyncio.create_task(changes.beyond(0)) for _ in range(3)]
    await asyncio.sleep(0)
    changes.notify()
    assert await asyncio.gather(*listeners) == [1, 1, 1]


async def test_changes_before_the_look_are_not_missed_and_count_once() -> None:
    changes = Changes()
    changes.notify()
    changes.notify()
    seen = await changes.beyond(0)
    assert seen == changes.version == 2
    waiting = asyncio.create_task(changes.beyond(seen))
    await asyncio.sleep(0)
    assert not waiting.done()
    changes.notify()
    assert await waiting == 3


async def test_a_listener_that_leaves_is_forgotten() -> None:
    changes = Changes()
    waiting = asyncio.create_task(changes.beyond(0))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert not changes._waiting
