"""The line between a simulated kiosk and the cloud, which a scenario may cut."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from kiosk_agent.ports.fleet import FleetError
from kiosk_contracts.problem import ProblemCode

_T = TypeVar("_T")


class Line:
    """Up or cut. What is asked while it is cut fails at once; answers on their way are lost."""

    def __init__(self) -> None:
        self._up = asyncio.Event()
        self._up.set()
        self._cuts = 0

    @property
    def is_up(self) -> bool:
        """Whether anything gets through."""
        return self._up.is_set()

    def cut(self) -> None:
        """Let nothing through any more."""
        self._cuts += 1
        self._up.clear()

    def restore(self) -> None:
        """Let everything through again."""
        self._up.set()

    async def returned(self) -> None:
        """Wait until it is up."""
        await self._up.wait()

    async def carry(self, call: Callable[[], Awaitable[_T]]) -> _T:
        """Return what the call returns.

        Raises FleetError: the call's own, or that the line is down. A call that was under way when
        the line was cut may have done its work: only its answer is lost, which is what makes a
        kiosk send the same once more.
        """
        before = self._cuts
        if not self.is_up:
            raise _down()
        answer = await call()
        if self._cuts != before:
            raise _down()
        return answer


def _down() -> FleetError:
    return FleetError(
        ProblemCode.LINE_DOWN, "the line is cut by the simulator", retryable=True, line_down=True
    )
