"""`GET /v1/stream`: what changes, as lists have it, to whoever may look on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from cloud_store.records import Record
from cloud_store.workspace import Workspace
from fleet_service.admission import STORE
from fleet_service.alarms.records import NOW, AlarmRecord
from fleet_service.releases.records import RELEASES, ReleaseRecord
from fleet_service.stream import clients
from fleet_service.stream.marking import PENDING
from fleet_service.stream.marks import EVERYTHING
from fleet_service.stream.routes import FEED
from fleet_service.venues.records import DirectoryRecord
from kiosk_contracts.releases import ReleaseState
from kiosk_contracts.version import KIOSK_TOKEN_HEADER, OPS_TOKEN_HEADER
from tests.support.command_desk import CommandDesk, outcome_of
from tests.support.fleet import JOURNAL_ID, KIOSK_ID, fleet_process, open_session
from tests.support.operator_desk import OperatorDesk, operator_desk
from tests.support.operators import OPS_TOKEN, ops_settings, venue
from tests.support.sse import NEW_JUDGE, Told, streaming

IMAGE = "registry.example.com/kiosk@sha256:" + "a" * 64


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[OperatorDesk]:
    async with operator_desk(tmp_path, stream_comment_s=0.05, streams_per_token=3) as built:
        yield built


async def report(desk: OperatorDesk, token: str, **told: Any) -> None:
    body = {
        "kiosk_id": KIOSK_ID,
        "journal_id": str(JOURNAL_ID),
        "epoch": 1,
        "agent_version": "0.1.0",
        "device_time": desk.clock.now().isoformat(),
        "last_sequence": 7,
        "queued": 0,
        "parked": 0,
        "quarantined": 0,
        **told,
    }
    headers = {KIOSK_TOKEN_HEADER: token}
    async with desk.http.post("/v1/heartbeats", json=body, headers=headers) as answer:
        assert answer.status == 200, await answer.text()


async def write(desk: OperatorDesk, *records: tuple[Record, str, str]) -> None:
    workspace = Workspace(desk.app[STORE])
    for record, pk, sk in records:
        await workspace.fetch(type(record), pk, sk)
        workspace.put(record, pk, sk)
    await workspace.commit()


def _reports(count: int) -> Callable[[Told], bool]:
    """Say whether an event is of a kiosk that reports so many."""
    return lambda one: (
        one.name == "instance" and (one.body["report"] or {}).get("quarantined") == count
    )


def _is(name: str, of: str = "") -> Callable[[Told], bool]:
    """Say whether an event is of this name, and of an item with this id."""
    return lambda one: one.name == name and (not of or of in one.body.values())


def alarm(desk: OperatorDesk, venue_id: str = "old-mill") -> AlarmRecord:
    now = desk.clock.now()
    return AlarmRecord(
        cause="venue_unreachable", words="w", seen_since=now, opened_at=now, venue_id=venue_id
    )


async def test_a_kiosks_report_is_told_as_the_list_has_it(desk: OperatorDesk) -> None:
    token = await open_session(desk.http)
    async with streaming(desk.http) as stream:
        await report(desk, token, quarantined=3)
        told = await stream.until(_reports(3))
        # A list may be three seconds old.
        desk.clock.advance(4)
        listed = (await desk.ask("GET", f"/v1/instances?text={KIOSK_ID}")).body["instances"]
        assert [told.body] == listed
        assert stream.answer.headers["Content-Type"].startswith("text/event-stream")
        assert stream.answer.headers["Cache-Control"] == "no-store"


async def test_kiosks_come_and_go_with_their_venue(desk: OperatorDesk) -> None:
    async with streaming(desk.http) as stream:
        assert (await desk.ask("PUT", "venues/a", venue("a", "A1"))).status == 200
        told = await stream.until(_is("instance", "till-a1"))
        assert told.body["state"] == "expected"
        assert (await desk.ask("DELETE", "venues/a")).status == 204
        gone = await stream.until(_is("gone", "till-a1"))
        assert gone.body == {"kind": "instance", "id": "till-a1"}


async def test_an_alarm_is_told_when_it_opens_is_silenced_and_is_gone(desk: OperatorDesk) -> None:
    await desk.ask("PUT", "venues/old-mill", venue("old-mill"))
    one = "old-mill.-.venue_unreachable"
    async with streaming(desk.http) as stream:
        await write(desk, (alarm(desk), NOW, one))
        told = await stream.until(_is("alarm"))
        assert [told.body] == (await desk.ask("GET", "/v1/alarms")).body["alarms"]
        until = (desk.clock.now() + timedelta(hours=1)).isoformat()
        silence = {"until": until, "reason": "it is rebuilt"}
        answer = await desk.ask("POST", "/v1/venues/old-mill/silence", silence)
        assert answer.status == 200, answer.text
        told = await stream.until(_is("alarm"))
        assert told.body["silence"]["reason"] == "it is rebuilt"
        workspace = Workspace(desk.app[STORE])
        await workspace.fetch(AlarmRecord, NOW, one)
        workspace.delete(AlarmRecord, NOW, one)
        await workspace.commit()
        gone = await stream.until(_is("gone"))
        assert gone.body == {"kind": "alarm", "id": one}


async def test_a_release_is_told_as_the_list_has_it(desk: OperatorDesk) -> None:
    made = ReleaseRecord.model_validate(
        {
            "state": ReleaseState.LIVE,
            "task": {"image": IMAGE},
            "made_at": desk.clock.now(),
            "by": "Ana",
            "places": (),
        }
    )
    async with streaming(desk.http) as stream:
        await write(desk, (made, "r-1", "-"), (DirectoryRecord(), RELEASES, "r-1"))
        told = await stream.until(_is("release"))
        assert [told.body] == (await desk.ask("GET", "/v1/releases")).body["releases"]


async def test_a_command_is_told_as_its_kiosk_has_it(desk: OperatorDesk) -> None:
    commands = await CommandDesk.of(desk)
    async with streaming(desk.http) as stream:
        command_id = await commands.ordered("logs", reason="the <b>till</b> is slow")
        told = await stream.until(_is("command", command_id))
        assert told.body == await commands.stands(command_id)
        assert (told.body["kiosk_id"], told.body["state"]) == (KIOSK_ID, "waiting")
        await commands.reports()
        told = await stream.until(_is("command", command_id))
        assert told.body["state"] == "fetched"
        await commands.tells(command_id, outcome_of("done", "7 lines", b"x\n", "text/plain"))
        told = await stream.until(_is("command", command_id))
        assert (told.body["state"], told.body["why"]) == ("done", "7 lines")
        assert told.body["content_bytes"] == 2
        # What it brought back is for operators, who ask for it.
        assert "content" not in told.body


async def test_who_comes_back_is_told_each_thing_missed_once_as_it_is_now(
    desk: OperatorDesk,
) -> None:
    token = await open_session(desk.http)
    async with streaming(desk.http) as stream:
        await report(desk, token, quarantined=1)
        last = (await stream.until(_reports(1))).id
        # Each is an entry of its own: it was told before the next was made.
        for count in (2, 3, 4):
            await report(desk, token, quarantined=count)
            await stream.until(_reports(count))
        await desk.ask("PUT", "venues/a", venue("a", "A1"))
        newest = (await stream.until(_is("instance", "till-a1"))).id
    async with streaming(desk.http, last) as stream:
        found = []
        while not found or found[-1].id != newest:
            found.append(await stream.next())
        own = [one for one in found if KIOSK_ID in one.body.values()]
        assert [one.body["report"]["quarantined"] for one in own] == [4]
        assert [one.body["kiosk_id"] for one in found].count("till-a1") == 1


def _place(event_id: str) -> list[int]:
    """Return where an event is in its store's stream."""
    return [int(part) for part in event_id.split(".")[1:]]


async def test_who_has_all_is_told_nothing_again(desk: OperatorDesk) -> None:
    async with streaming(desk.http) as stream:
        await desk.ask("PUT", "venues/a", venue("a", "A1"))
        last = (await stream.until(_is("instance", "till-a1"))).id
    async with streaming(desk.http, last) as stream:
        await desk.ask("PUT", "venues/b", venue("b", "B1"))
        told = [await stream.next()]
        while "till-b1" not in told[-1].body.values():
            told.append(await stream.next())
        # That a kiosk is judged for the first time, at any moment, is news.
        again = [one.id for one in told if "till-a1" in one.body.values()]
        assert all(_place(one) > _place(last) for one in again), (last, again)


@pytest.mark.parametrize("last", ["nothing", "0123abcd.1", "0123abcd.999999", "-", "0.0.0"])
async def test_an_id_that_is_not_known_resets(desk: OperatorDesk, last: str) -> None:
    async with streaming(desk.http, last) as stream:
        told = await stream.next()
        assert (told.name, "not known" in told.body["why"]) == ("reset", True)


async def test_an_id_of_what_has_not_happened_yet_resets(desk: OperatorDesk) -> None:
    async with streaming(desk.http) as stream:
        epoch = stream.last_id.split(".")[0]
    async with streaming(desk.http, f"{epoch}.999999") as stream:
        assert (await stream.next()).name == "reset"


async def test_a_quiet_stream_says_that_it_is_there(desk: OperatorDesk) -> None:
    async with streaming(desk.http) as stream:
        while not stream.comments:
            await stream.answer.content.readuntil(b": still here\n")
            stream.comments.append("still here")


async def test_a_token_has_so_many_streams_and_no_more(desk: OperatorDesk) -> None:
    other = await desk.token("viewer")
    async with (
        streaming(desk.http),
        streaming(desk.http),
        streaming(desk.http) as third,
        streaming(desk.http, token=other),
    ):
        metrics = (await desk.ask("GET", "/metrics")).text
        assert "eventpro_fleet_streams 4.0" in metrics
        refused = await desk.ask("GET", "/v1/stream")
        assert (refused.status, refused.code) == (429, "too_many_requests")
        assert "Retry-After" in refused.headers
        third.answer.close()
        await _until_free(desk)


async def _until_free(desk: OperatorDesk) -> None:
    """Return once a stream that was closed has given its place back."""
    while True:
        async with desk.http.get("/v1/stream", headers={OPS_TOKEN_HEADER: OPS_TOKEN}) as answer:
            if answer.status == 200:
                return
        await asyncio.sleep(0.05)


async def test_all_streams_together_are_bounded(tmp_path: Path) -> None:
    async with operator_desk(tmp_path, streams_most=1) as desk:
        other = await desk.token("viewer")
        async with streaming(desk.http):
            assert (await desk.ask("GET", "/v1/stream", token=other)).status == 429


async def test_who_is_revoked_is_told_nothing_more(desk: OperatorDesk) -> None:
    made = await desk.make("viewer")
    async with streaming(desk.http, token=made["token"]) as stream:
        answer = await desk.ask("POST", f"operator-tokens/{made['token_id']}/revoke")
        assert answer.status == 200
        desk.clock.advance(2)
        with pytest.raises(EOFError):
            await stream.until(lambda _: False)


async def test_who_has_no_token_or_asks_for_less_is_refused(desk: OperatorDesk) -> None:
    assert (await desk.ask("GET", "/v1/stream", token=None)).code == "token_missing"
    assert (await desk.ask("GET", "/v1/stream?venue=a")).code == "body_invalid"
    assert (await desk.ask("HEAD", "/v1/stream")).status == 405


async def test_a_browser_looks_on_by_its_session(desk: OperatorDesk) -> None:
    browser = await desk.sign_in()
    headers = {"Cookie": f"eventpro-ops={browser.cookie}"}
    async with desk.http.get("/v1/stream", headers=headers) as answer:
        assert answer.status == 200


async def test_who_takes_nothing_is_let_go_and_told_the_rest_later(
    desk: OperatorDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "MOST_WAITING", 50)
    async with streaming(desk.http) as stream, streaming(desk.http) as quick:
        # More than sockets take: it waits in the service.
        feed, large = desk.app[FEED], (b": " + b"x" * 1_000 + b"\n\n") * 1_000
        slow = next(iter(feed._clients))
        for _ in range(200):
            slow.offer([large])
            await asyncio.sleep(0)
        assert slow.let_go.is_set()
        await desk.ask("PUT", "venues/a", venue("a", "A1"))
        reading = [
            asyncio.create_task(one.until(_is("instance", "till-a1"))) for one in (stream, quick)
        ]
        ended = await asyncio.gather(*reading, return_exceptions=True)
        assert sorted(type(one).__name__ for one in ended) == ["EOFError", "Told"]
        [(last, _)] = [
            (one.last_id, each)
            for one, each in zip((stream, quick), ended, strict=True)
            if isinstance(each, EOFError)
        ]
    async with streaming(desk.http, last) as stream:
        await stream.until(_is("instance", "till-a1"))


async def test_a_new_judge_has_everybody_read_anew(desk: OperatorDesk) -> None:
    async with streaming(desk.http) as stream:
        desk.app[PENDING].add([EVERYTHING])
        while (told := await stream.block()) is None or told.name != "reset":
            pass
        assert told.body == {"why": NEW_JUDGE}


async def test_streams_end_when_the_service_stops(tmp_path: Path) -> None:
    async with fleet_process(tmp_path, "http://127.0.0.1:9", **ops_settings(tmp_path)) as fleet:
        async with aiohttp.ClientSession(fleet.url) as http, streaming(http) as stream:
            stopping = asyncio.create_task(fleet.stop())
            with pytest.raises(EOFError):
                await stream.until(lambda _: False)
            assert await stopping == 0
        assert "drain" in fleet.log()
