"""Ending a session behind a locked screen: asked again until the agent has answered."""

import asyncio
from typing import Final

from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_ui.agent_answers import AgentAwayError
from kiosk_ui.agent_client import AgentClient

_PAUSE_S: Final = 0.25
_LONGEST_PAUSE_S: Final = 10.0
_OVER: Final = frozenset({ProblemCode.NOT_SIGNED_IN, ProblemCode.SCREEN_ELSEWHERE})
"""Answers after which nothing is left to end: it was ended, or it goes on at another screen."""


async def until_signed_out(agent: AgentClient) -> None:
    """End the session of the client's token, however long the agent is away.

    Signing in ends nobody else's session, so nothing but this does. The client is one of its own:
    the next person signs in by another meanwhile.
    """
    pause_s = _PAUSE_S
    async with agent:
        while not await _is_over(agent):
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


async def _is_over(agent: AgentClient) -> bool:
    try:
        await agent.sign_out()
    except AgentAwayError:
        return False
    except ProblemError as refusal:
        # Whatever else it says (its disk is full, say), the session is still there.
        return refusal.code in _OVER
    return True
