"""Proofs wait for their turn to be judged: whoever only says that he is a kiosk starves none."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from fleet_service.places import Places
from fleet_service.sessions import caller_identity
from fleet_service.sessions.caller_identity import CallerIdentityVerifier
from tests.support.fleet import KIOSK_ID, OTHER_KIOSK_ID, session_request
from tests.support.host_office import OTHER_KEY, Office, host_office, proof_of, refused
from tests.support.relay_desk import until
from tests.support.sts import Key

HOME, ELSEWHERE = "192.0.2.7", "198.51.100.{}"
NOBODY = Key("ASIASTRANGERKEY00001", "guessed", "no-token", "arn")
Told = tuple[int, dict[str, Any], Mapping[str, str]]


@dataclass
class Queue:
    """An office whose STS answers when the test lets it; one is asked at a time."""

    office: Office
    turns: Places
    go_on: asyncio.Semaphore

    async def prove(
        self, kiosk_id: str = KIOSK_ID, key: Key | None = None, *, at: str = HOME, nonce: str = ""
    ) -> Told:
        """Let somebody at an address send a proof."""
        nonce = nonce or await self.office.nonce()
        proof = proof_of(nonce, self.office.presigned(nonce, key))
        body = {**session_request(kiosk_id), "proof": proof}
        sent = {"X-Forwarded-For": at}
        async with self.office.http.post("/v1/sessions", json=body, headers=sent) as answer:
            return answer.status, await answer.json(content_type=None), answer.headers

    async def comes(self, waiting: int, **who: Any) -> "asyncio.Task[Told]":
        """Let somebody come and wait: then so many do."""
        task = asyncio.create_task(self.prove(**who))
        await until(lambda: self.turns.waiting == waiting or task.done())
        assert not task.done(), task.result()
        return task

    async def taken(self) -> "asyncio.Task[Told]":
        """Let another kiosk have the turn, and STS think about it."""
        task = asyncio.create_task(self.prove(OTHER_KIOSK_ID, OTHER_KEY))
        await until(lambda: len(self.office.sts.received) == 1)
        return task


@pytest.fixture
async def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Queue]:
    monkeypatch.setattr(caller_identity, "_ASKED_AT_ONCE", 1)
    monkeypatch.setattr(caller_identity, "_LONGEST_WAIT_S", 60)
    made = []
    truth = CallerIdentityVerifier.__init__

    def noticed(self: CallerIdentityVerifier, *given: Any) -> None:
        truth(self, *given)
        made.append(self)

    monkeypatch.setattr(CallerIdentityVerifier, "__init__", noticed)
    async with host_office(tmp_path, proxies=1) as office:
        go_on, judge = asyncio.Semaphore(0), office.sts.behave

        async def when_let(request: web.Request, body: bytes) -> web.StreamResponse:
            await go_on.acquire()
            return await judge(request, body)

        office.sts.behave = when_let
        office.sts.keys.append(OTHER_KEY)
        yield Queue(office, made[0]._turns, go_on)
        for _ in range(1000):
            go_on.release()


async def test_strangers_in_a_kiosk_s_name_have_one_turn_before_its_own(queue: Queue) -> None:
    first = await queue.taken()
    strangers = [
        await queue.comes(number + 1, key=NOBODY, at=ELSEWHERE.format(number))
        for number in range(3)
    ]
    own = await queue.comes(4)
    for _ in range(5):
        queue.go_on.release()
    assert {(await one)[0] for one in strangers} == {403}
    assert [(await one)[0] for one in (first, own)] == [201, 201]
    # Whoever asks again goes after it.
    first = asyncio.create_task(queue.prove(OTHER_KIOSK_ID, OTHER_KEY))
    await until(lambda: len(queue.office.sts.received) == 6)
    await queue.comes(1, key=NOBODY, at=ELSEWHERE.format(0))
    own = await queue.comes(2)
    for _ in range(3):
        queue.go_on.release()
    assert [(await one)[0] for one in (first, own)] == [201, 201]


async def test_of_one_address_one_waits_in_a_kiosk_s_name(queue: Queue) -> None:
    first = await queue.taken()
    stranger = await queue.comes(1, key=NOBODY, at=ELSEWHERE.format(1))
    told = await queue.prove(key=NOBODY, at=ELSEWHERE.format(1))
    assert "was not looked at" in refused(told[:2], status=503, code="upstream_busy")
    assert told[2]["Retry-After"]
    own = await queue.comes(2)
    for _ in range(3):
        queue.go_on.release()
    assert [(await one)[0] for one in (first, stranger, own)] == [201, 403, 201]


async def test_of_one_network_of_ipv6_one_waits(queue: Queue) -> None:
    first = await queue.taken()
    await queue.comes(1, key=NOBODY, at="2001:db8:1:1::1")
    assert (await queue.prove(key=NOBODY, at="2001:db8:1:1::2"))[0] == 503
    await queue.comes(2, key=NOBODY, at="2001:db8:1:2::1")
    queue.go_on.release()
    assert (await first)[0] == 201


async def test_a_nonce_that_nobody_made_waits_for_no_turn(queue: Queue) -> None:
    first = await queue.taken()
    told = await asyncio.wait_for(queue.prove(key=NOBODY, nonce="A" * 48), 30)
    assert "none of ours" in refused(told[:2], code="proof_refused")
    assert (queue.turns.waiting, queue.turns.away) == (0, 0)
    queue.go_on.release()
    assert (await first)[0] == 201


async def test_a_nonce_that_was_used_says_nothing_of_how_fast_proofs_are_judged(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fleet_service.places._FEW", 3)
    nonce = await queue.office.nonce()
    queue.go_on.release()
    assert (await queue.prove(key=NOBODY, nonce=nonce))[0] == 403
    first = asyncio.create_task(queue.prove(OTHER_KIOSK_ID, OTHER_KEY))
    await until(lambda: len(queue.office.sts.received) == 2)
    used = [
        await queue.comes(number + 1, key=NOBODY, nonce=nonce, at=ELSEWHERE.format(number))
        for number in range(8)
    ]
    guessed = queue.turns._pace.a_second()
    queue.go_on.release()
    assert {(await one)[0] for one in used} == {403}
    assert (await first)[0] == 201
    assert queue.turns._pace.a_second() == guessed
    assert len(queue.office.sts.received) == 2, "STS was asked for none of them"


async def test_a_kiosk_that_hangs_up_frees_its_waiting(queue: Queue) -> None:
    first = await queue.taken()
    gone = await queue.comes(1)
    gone.cancel()
    await until(lambda: queue.turns.waiting == 0)
    own = await queue.comes(1)
    for _ in range(2):
        queue.go_on.release()
    assert [(await one)[0] for one in (first, own)] == [201, 201]
    assert len(queue.office.sts.received) == 2, "nobody was asked for who had gone"
