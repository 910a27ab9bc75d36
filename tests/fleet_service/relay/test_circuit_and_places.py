"""Who had a turn while nobody may ask had none: it keeps its place, and the pace is as it was."""

import asyncio
from dataclasses import dataclass, field

import pytest

from fleet_service.metrics import Metrics
from fleet_service.places import PlaceRules
from fleet_service.relay.breaker import Circuit
from fleet_service.relay.judging import Passed
from fleet_service.relay.ports import HeadTooLargeError, UpstreamAnswer, UpstreamError
from fleet_service.relay.service import Asked, Relay, RelayRules
from kiosk_contracts.problem import ProblemError
from tests.support.fleet import FakeFleetClock

OPEN_S = 10
WELL = UpstreamAnswer(200, "application/json", None, b"{}")
NO_ANSWER = UpstreamError("no answer", timed_out=False, may_have_happened=False)


@dataclass
class FarEnd:
    """Answers each request when it is told to, in the order in which they came."""

    asked: list[str] = field(default_factory=list)
    answers: list["asyncio.Future[UpstreamAnswer]"] = field(default_factory=list)

    async def send(
        self, _method: str, target: str, _headers: object, _body: bytes
    ) -> UpstreamAnswer:
        self.asked.append(target)
        self.answers.append(asyncio.get_running_loop().create_future())
        return await self.answers[-1]


class Line:
    """A relay that lets one ask at a time, and kiosks that ask."""

    def __init__(self) -> None:
        self.far, self.clock = FarEnd(), FakeFleetClock()
        places = PlaceRules(whole=1, each=1, waiting=9, wait_s=60)
        rules = RelayRules(places=places, held_bytes=1, failures=2, open_s=OPEN_S, slow_s=60)
        self.relay = Relay(self.far, Metrics(), self.clock, rules, lambda: 0.0)

    async def comes(self, kiosk_id: str) -> "asyncio.Task[Passed]":
        """Let a kiosk ask."""
        asked = Asked("GET", kiosk_id, {}, b"")
        task = asyncio.create_task(self.relay.relay(kiosk_id, asked))
        await self.settled()
        return task

    async def answer(self, answer: UpstreamAnswer | Exception) -> None:
        """Let what was asked last be answered."""
        if isinstance(answer, Exception):
            self.far.answers[-1].set_exception(answer)
        else:
            self.far.answers[-1].set_result(answer)
        await self.settled()

    async def settled(self) -> None:
        """Let everything run that can."""
        for _ in range(12):
            await asyncio.sleep(0)


async def refused(task: "asyncio.Task[Passed]", code: str = "upstream_busy") -> int | None:
    with pytest.raises(ProblemError) as refusal:
        await task
    assert refusal.value.code == code
    return refusal.value.retry_after_s


async def opened(line: Line) -> list["asyncio.Task[Passed]"]:
    """Let the circuit open while b and c wait; return them."""
    first, second = await line.comes("x"), await line.comes("a")
    waiting = [await line.comes("b"), await line.comes("c")]
    for _ in range(2):
        await line.answer(NO_ANSWER)
    for one in (first, second):
        await refused(one, "upstream_failed")
    assert line.relay.breaker.circuit is Circuit.OPEN
    return waiting


async def test_who_waited_when_the_circuit_opened_goes_before_all_who_come_when_it_closes() -> None:
    line = Line()
    for one in await opened(line):
        assert await refused(one) == OPEN_S
    assert line.far.asked == ["x", "a"]
    assert (line.relay.places.taken, line.relay.places.away) == (0, 2)
    line.clock.advance(OPEN_S)
    trying = await line.comes("d")
    await line.answer(WELL)
    await trying
    holds = await line.comes("e")
    came = [await line.comes(kiosk_id) for kiosk_id in ("f", "c", "b")]
    for _ in range(4):
        await line.answer(WELL)
    await asyncio.gather(holds, *came)
    assert line.far.asked[2:] == ["d", "e", "b", "c", "f"]


async def test_a_circuit_that_stays_open_keeps_the_places_of_those_who_come_again() -> None:
    line = Line()
    for one in await opened(line):
        await refused(one)
    for _ in range(20):
        line.clock.advance(OPEN_S)
        trying = await line.comes("d")
        await line.answer(NO_ANSWER)
        await refused(trying, "upstream_failed")
        await refused(await line.comes("b"))
    line.clock.advance(OPEN_S)
    trying = await line.comes("d")
    await line.answer(WELL)
    await trying
    holds = await line.comes("e")
    came = [await line.comes(kiosk_id) for kiosk_id in ("f", "c", "b")]
    for _ in range(4):
        await line.answer(WELL)
    await asyncio.gather(holds, *came)
    assert line.far.asked[-4:] == ["e", "b", "f", "c"], "c never came again, and its place lapsed"


async def test_turns_in_which_nobody_was_asked_say_nothing_of_the_pace() -> None:
    line = Line()
    asking = [await line.comes(kiosk_id) for kiosk_id in ("x", "a")]
    waiting = [await line.comes(kiosk_id) for kiosk_id in "bcdefgh"]
    for _ in asking:
        await line.answer(NO_ANSWER)
    for one in asking:
        await refused(one, "upstream_failed")
    for one in waiting:
        await refused(one)
    assert len(line.relay.places._pace._ends) == len(asking)


async def test_an_address_that_is_never_sent_says_nothing_of_the_pace() -> None:
    line = Line()
    first = await line.comes("x")
    long, other = await line.comes("a"), await line.comes("b")
    await line.answer(WELL)
    await line.answer(HeadTooLargeError("GET"))
    assert len(line.relay.places._pace._ends) == 1
    await line.answer(WELL)
    await asyncio.gather(first, other)
    with pytest.raises(ProblemError):
        await long
