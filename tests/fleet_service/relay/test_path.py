"""The way to the ticket API: each task tries it, and the store knows when any got through."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path as FilePath

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from cloud_store.port import Store
from cloud_store.sqlite import FLEET_SERVICE, open_sqlite
from cloud_store.workspace import Workspace
from fleet_service.relay.path import Path
from fleet_service.relay.ports import AnswerTooLargeError, UpstreamAnswer, UpstreamError
from fleet_service.relay.records import PATH, PATH_LASTS, PATH_SPEAKS, PathRecord
from fleet_service.runtime import build_app
from fleet_service.settings import FleetSettings
from kiosk_contracts.version import OPS_TOKEN_HEADER
from tests.support.faulty_store import FaultyStore
from tests.support.fleet import FakeFleetClock, FleetFiles
from tests.support.operators import OPS_TOKEN, ops_settings
from tests.support.relay_desk import Gate, desk_in
from tests.support.upstream import Upstream

REFUSED = UpstreamError("ClientConnectorError", timed_out=False, may_have_happened=False)
WELL = UpstreamAnswer(200, "application/json", None, b"{}")
FORBIDDEN = UpstreamAnswer(403, "application/json", None, b'{"message":"Forbidden"}')


@dataclass
class FarEnd:
    """An Upstream that answers as it is told."""

    answer: UpstreamAnswer | Exception = WELL
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def send(self, method: str, target: str, *_more: object) -> UpstreamAnswer:
        """Answer, or not."""
        self.asked.append((method, target))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
async def store(tmp_path: FilePath) -> AsyncIterator[Store]:
    async with open_sqlite(tmp_path / "fleet.db", FLEET_SERVICE) as opened:
        yield opened


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream() as running:
        yield running


async def kept(store: Store) -> PathRecord | None:
    return await Workspace(store).fetch(PathRecord, PATH)


async def test_a_task_that_gets_through_says_so_and_ages(store: Store) -> None:
    far, clock = FarEnd(), FakeFleetClock()
    path = Path(far, clock, store)
    assert path.age_s() == float("inf")
    assert await path.try_once() == ""
    assert far.asked == [("GET", "/healthz")]
    assert await kept(store) == PathRecord(looked_at=clock.now())
    clock.advance(7)
    assert path.age_s() == 7
    assert await path.try_once() == ""
    assert path.age_s() == 0
    assert await kept(store) == PathRecord(looked_at=clock.now())


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (REFUSED, "gave no answer"),
        (FORBIDDEN, "answers 403"),
        (AnswerTooLargeError(), "is not the ticket API"),
    ],
)
async def test_a_task_that_does_not_says_why_and_since_when(
    store: Store, answer: UpstreamAnswer | Exception, words: str
) -> None:
    far, clock = FarEnd(), FakeFleetClock()
    path = Path(far, clock, store)
    await path.try_once()
    through_at = clock.now()
    far.answer = answer
    for age in (60, 120):
        clock.advance(60)
        assert words in await path.try_once()
        assert path.age_s() == age
        known = await kept(store)
        assert known is not None
        assert (known.looked_at, known.failed_at) == (through_at, clock.now())
        assert words in known.failure


async def test_since_when_the_way_is_open_again_is_known(store: Store) -> None:
    far, clock = FarEnd(REFUSED), FakeFleetClock()
    path = Path(far, clock, store)

    async def back_at() -> datetime | None:
        known = await kept(store)
        assert known is not None
        return known.back_at

    await path.try_once()
    far.answer = WELL
    await path.try_once()
    first = clock.now()
    assert await back_at() == first, "it was shut from the start"
    called_after_s = (PATH_SPEAKS + PATH_LASTS).total_seconds()
    clock.advance(called_after_s)
    await path.try_once()
    assert await back_at() == first, "so long it is shut and nobody is called"
    clock.advance(called_after_s + 1)
    far.answer = REFUSED
    await path.try_once()
    assert await back_at() == first
    far.answer = WELL
    await path.try_once()
    assert await back_at() == clock.now()


async def test_what_any_task_reaches_counts_for_all_and_each_has_its_own_age(store: Store) -> None:
    clock = FakeFleetClock()
    well, cut_off = Path(FarEnd(), clock, store), Path(FarEnd(REFUSED), clock, store)
    await cut_off.try_once()
    known = await kept(store)
    assert known is not None
    assert known.looked_at is None
    await asyncio.gather(well.try_once(), cut_off.try_once(), well.try_once())
    known = await kept(store)
    assert known is not None
    assert known.looked_at == clock.now()
    assert (well.age_s(), cut_off.age_s()) == (0, float("inf"))


async def test_it_is_tried_at_once_and_again_whatever_goes_wrong(store: Store) -> None:
    faulty = FaultyStore(store)
    far = FarEnd(RuntimeError("nobody thought of it"))
    path = Path(far, FakeFleetClock(), faulty)
    async with path.trying(0.01):
        while len(far.asked) < 3:  # noqa: ASYNC110  the far end is no place to wait at
            await asyncio.sleep(0.001)
        faulty.fail_commits_after(0)
        far.answer = WELL
        while faulty.failed < 2:  # noqa: ASYNC110  see above
            await asyncio.sleep(0.001)
        faulty.heal()
        while await kept(store) is None:  # noqa: ASYNC110  see above
            await asyncio.sleep(0.001)
    assert path.age_s() == 0


async def test_a_task_without_a_store_tries_too(tmp_path: FilePath, upstream: Upstream) -> None:
    async with desk_in(tmp_path, upstream, path_every_s=0.05) as desk:
        looks = len(upstream.looks)
        while len(upstream.looks) < looks + 3:  # noqa: ASYNC110  see above
            await asyncio.sleep(0.001)
        desk.clock.advance(0)
        assert await desk.figure("eventpro_fleet_task_path_age_seconds") == 0
        assert not any("EventPro-Kiosk-Token" in look.headers for look in upstream.looks)


async def test_requests_that_hang_keep_it_from_nothing(
    tmp_path: FilePath, upstream: Upstream
) -> None:
    gate = upstream.behave = Gate()
    rules = {"relay_connections": 2, "relay_per_kiosk": 2, "path_every_s": 0.05}
    async with desk_in(tmp_path, upstream, **rules) as desk:
        hanging = [asyncio.create_task(desk.send(name)) for name in ("a1", "a2")]
        await gate.has(2)
        desk.clock.advance(600)
        looks = len(upstream.looks)
        while len(upstream.looks) < looks + 2:  # noqa: ASYNC110  see above
            await asyncio.sleep(0.001)
        assert await desk.figure("eventpro_fleet_task_path_age_seconds") == 0
        for name in ("a1", "a2"):
            gate.let_go(name)
        await asyncio.gather(*hanging)


async def test_it_neither_opens_the_circuit_nor_waits_for_it(
    tmp_path: FilePath, upstream: Upstream
) -> None:
    async def fails(_request: web.Request, _body: bytes) -> web.StreamResponse:
        return web.Response(status=502)

    rules = {"relay_failures": 1, "path_every_s": 0.05}
    async with desk_in(tmp_path, upstream, **rules) as desk:
        upstream.behave = fails
        looks = len(upstream.looks)
        while len(upstream.looks) < looks + 4:  # noqa: ASYNC110  see above
            await asyncio.sleep(0.001)
        assert desk.relay.breaker.circuit == "closed"
        for kiosk in (0, 1):
            await desk.ask(kiosk)
        assert desk.relay.breaker.circuit == "open"
        looks = len(upstream.looks)
        while len(upstream.looks) < looks + 2:  # noqa: ASYNC110  see above
            await asyncio.sleep(0.001)


async def test_the_fleets_figures_have_it_from_whichever_task(
    tmp_path: FilePath, upstream: Upstream
) -> None:
    files, clock = FleetFiles(tmp_path).write(), FakeFleetClock()
    given = files.settings(upstream.url, **ops_settings(tmp_path))
    server = TestServer(await build_app(FleetSettings.model_validate(given), clock=clock))
    await server.start_server()

    asking = {OPS_TOKEN_HEADER: OPS_TOKEN}

    async def age() -> str:
        async with (
            aiohttp.ClientSession(server.make_url("/"), headers=asking) as session,
            session.get("/metrics/fleet") as answer,
        ):
            lines = (await answer.text()).splitlines()
        [line] = [one for one in lines if one.startswith("eventpro_fleet_path_age_seconds ")]
        return line.split()[1]

    try:
        while await age() == "+Inf":
            await asyncio.sleep(0)
            clock.advance(5)
        before = float(await age())
        clock.advance(timedelta(minutes=1).total_seconds())
        assert float(await age()) == before + 60
    finally:
        await server.close()
