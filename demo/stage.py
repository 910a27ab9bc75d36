"""What every story needs: terminals for all kiosks, acts at once, verdicts that must be."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager

from demo.configs import Kiosk
from demo.glass import Ack, Refusal, RefusedError
from demo.layout import Layout
from demo.stack import Stack
from demo.terminal import Terminal, python_module
from demo.till import Till


@asynccontextmanager
async def open_tills(stack: Stack, layout: Layout) -> AsyncIterator[tuple[Till, ...]]:
    """Open each kiosk's UI in a pseudo-terminal of its own."""
    async with AsyncExitStack() as terminals:
        yield tuple(
            [
                Till(
                    await terminals.enter_async_context(_terminal(stack, layout, kiosk)),
                    kiosk.kiosk_id,
                    stack.season,
                    kiosk.cashier.pin,
                    kiosk.manager.pin,
                )
                for kiosk in stack.kiosks
            ]
        )


def _terminal(stack: Stack, layout: Layout, kiosk: Kiosk) -> Terminal:
    return Terminal(
        python_module(
            "kiosk_ui",
            "--socket",
            str(stack.ui_socket(kiosk)),
            "--gate",
            f"Gate {kiosk.kiosk_code}",
        ),
        name=kiosk.kiosk_id,
        cast=layout.cast(kiosk.kiosk_id),
    )


async def together(*acts: Awaitable[object]) -> None:
    """Do all at once; the first failure ends the others."""
    async with asyncio.TaskGroup() as group:
        for act in acts:
            group.create_task(_one(act))


async def _one(act: Awaitable[object]) -> None:
    await act


def must_pass(answer: Ack | Refusal) -> None:
    """Raise RefusedError if the gate did not let a good ticket pass."""
    if isinstance(answer, Refusal):
        raise RefusedError(f"the gate refused a good ticket: {answer.text}")


def must_stop(answer: Ack | Refusal) -> None:
    """Raise RefusedError if the gate let a ticket pass that it should refuse."""
    if isinstance(answer, Ack):
        raise RefusedError(f"the gate let a ticket pass that it should refuse: {answer.text}")
