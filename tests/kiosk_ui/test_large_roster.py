"""A large roster: a PIN that is tried on many hashes takes longer than any other call may."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from kiosk_ui.agent_client import AgentAwayError, AgentClient
from kiosk_ui.calls import LONGEST_PIN_S, limit_s
from tests.support.ui_agent import UiAgent, pin_of

SIGN_IN, CATALOGUE = "POST /v1/sign-in", "GET /v1/catalogue"


async def test_a_pin_may_take_longer_than_an_agent_that_hangs(agent: UiAgent) -> None:
    held = {what: asyncio.Event() for what in (SIGN_IN, CATALOGUE)}
    agent.faults.hold_back.update(held)
    # Without the longer time for PINs both would give up after so little.
    async with AgentClient(agent.socket_path, timeout_s=0.2) as client:
        signing_in = asyncio.create_task(client.sign_in("".join(pin_of("Ana Cashier"))))
        async with asyncio.timeout(60):
            while SIGN_IN not in agent.requests:  # noqa: ASYNC110  the stand-in has no event for it
                await asyncio.sleep(0.01)
        with pytest.raises(AgentAwayError):
            await client.catalogue()
        with pytest.raises(AgentAwayError):
            await client.catalogue()
        assert not signing_in.done()
        for event in held.values():
            event.set()
        assert (await signing_in).name == "Ana Cashier"
    assert agent.requests.count(SIGN_IN) == 1


@pytest.mark.parametrize(
    ("body", "limit"),
    [
        ({"pin": "1111"}, LONGEST_PIN_S),
        ({"reason": "x", "approval_pin": "9"}, LONGEST_PIN_S),
        ({"reason": "x"}, 10.0),
        ({}, 10.0),
    ],
)
def test_sign_ins_and_approvals_may_take_longer(body: Mapping[str, Any], limit: float) -> None:
    assert limit_s(body, 10.0) == limit
