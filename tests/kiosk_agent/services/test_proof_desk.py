"""The agent waits for what the supervisor signs, and says what is wrong if it doesn't."""

import asyncio
from uuid import uuid4

import pytest

from kiosk_agent.ports.fleet import FleetError
from kiosk_agent.services.proof_desk import ProofDesk
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.proving import ProofMade, ProofNotMade

NONCE = "nonce-of-the-fleet-service"


async def nonce() -> str:
    return NONCE


def made(url: str = "https://sts.example/?x") -> ProofMade:
    return ProofMade.model_validate({"url": url})


async def test_what_is_wanted_is_told_at_once_and_answered_once() -> None:
    desk = ProofDesk()
    asking = asyncio.create_task(desk.wanted(10))
    await asyncio.sleep(0)
    proving = asyncio.create_task(desk.prove(nonce))
    wanted = await asking
    assert wanted is not None
    assert wanted.nonce == NONCE
    assert await desk.wanted(0) == wanted
    desk.give(wanted.request_id, made())
    with pytest.raises(ProblemError):
        desk.give(wanted.request_id, made("https://another"))
    assert await proving == {
        "scheme": "caller_identity",
        "nonce": NONCE,
        "url": "https://sts.example/?x",
    }
    assert await desk.wanted(0) is None
    with pytest.raises(ProblemError) as caught:
        desk.give(wanted.request_id, made())
    assert caught.value.problem.status == 404


async def test_an_answer_to_another_request_counts_for_nothing() -> None:
    desk = ProofDesk()
    proving = asyncio.create_task(desk.prove(nonce))
    wanted = await desk.wanted(10)
    assert wanted is not None
    with pytest.raises(ProblemError):
        desk.give(uuid4(), made("https://another"))
    desk.give(wanted.request_id, made("https://right"))
    assert (await proving)["url"] == "https://right"


async def test_a_refusal_of_the_supervisor_is_said_with_what_to_do() -> None:
    desk = ProofDesk()
    proving = asyncio.create_task(desk.prove(nonce))
    wanted = await desk.wanted(10)
    assert wanted is not None
    desk.give(wanted.request_id, ProofNotMade(why="no credentials yet", hint="See SSM."))
    with pytest.raises(FleetError) as caught:
        await proving
    assert (caught.value.code, caught.value.retryable) == ("proof_missing", False)
    assert caught.value.say() == (
        "This host could not prove who it is: no credentials yet. See SSM."
    )


async def test_a_supervisor_that_does_not_ask_is_named_and_nothing_stays_wanted() -> None:
    desk = ProofDesk(patience_s=0.01)
    with pytest.raises(FleetError, match="the supervisor did not sign") as caught:
        await desk.prove(nonce)
    assert "systemctl status kiosk-supervisor" in caught.value.say()
    assert await desk.wanted(0) is None


async def test_a_fleet_service_that_gives_no_nonce_is_heard_as_it_is() -> None:
    async def none() -> str:
        raise FleetError("line_down", "nobody", retryable=True, line_down=True)

    desk = ProofDesk()
    with pytest.raises(FleetError, match="nobody"):
        await desk.prove(none)
    assert await desk.wanted(0) is None
