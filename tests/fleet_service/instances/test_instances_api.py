"""What operators see of kiosks, by a real fleet service in a real region."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from fleet_service.instances.service import REMEMBERED_S
from kiosk_contracts.version import OPS_TOKEN_HEADER
from tests.support.enrolled import Hall, environment, hall_of, settings
from tests.support.external_instance import until
from tests.support.fleet_tasks import fleet_tasks, heard_by_all
from tests.support.operators import OPS_TOKEN, ops_settings, venue
from tests.support.region import RunningRegion, running_region

OFTEN = {"sweep_every_s": 0.2, "judge_every_s": 0.2}


@pytest.fixture
def region() -> Iterator[RunningRegion]:
    with running_region() as running:
        yield running


@pytest.fixture
async def hall(tmp_path: Path, region: RunningRegion) -> AsyncIterator[Hall]:
    async with hall_of(tmp_path, region, **OFTEN) as opened:
        opened.office.fleet.files.register()
        yield opened


@dataclass
class Told:
    """An answer."""

    status: int
    body: Any
    headers: Mapping[str, str]


async def ask(hall: Hall, path: str, method: str = "GET", body: Any = None, **headers: str) -> Told:
    given = {OPS_TOKEN_HEADER: OPS_TOKEN, **headers}
    async with hall.office.http.request(method, path, json=body, headers=given) as answer:
        told = await answer.json(content_type=None) if await answer.read() else None
        return Told(answer.status, told, answer.headers)


async def states(hall: Hall, query: str = "") -> dict[str, str]:
    told = await ask(hall, f"/v1/instances{query}")
    assert told.status == 200, told.body
    return {one["kiosk_id"]: one["state"] for one in told.body["instances"]}


async def test_a_kiosk_is_told_from_all_sides(hall: Hall) -> None:
    host = await hall.enrolled("till-hb1")
    host.agent.ping(host.agent.role_token())
    headers = await host.opens("till-hb1")
    await host.report(headers, queued=3, ui={"source": "ecs", "image": "i"})

    async def swept() -> Any:
        one = (await ask(hall, "/v1/instances/till-hb1")).body.get("instance")
        return one if one and one["ssm"] and one["ecs"] and one["ecs"]["release"] else None

    one = await until(swept, "both sources were asked")
    assert (one["ssm"]["ping"], one["ecs"]["status"]) == ("Online", "ACTIVE")
    assert (one["ecs"]["release"], one["ecs"]["connected"]) == ("r-2026-11", False)
    assert (one["report"]["queued"], one["report"]["agent_version"]) == (3, "0.1.0")
    assert (one["venue_name"], one["standing"], one["unknown"]) == ("Harbour Hall", "active", [])
    # Nothing of the ECS agent was connected here, as the stand-in only registered, and just now.
    assert one["ecs"]["changed_at"] is not None
    assert (one["state"], one["findings"]) == ("well", [])
    # There may have been another ping since.
    assert one["ssm"]["pinged_at"] is None
    sources = {"ssm eu-central-1": (True, 1), "ecs eu-central-1/kiosks": (True, 1)}

    async def counted() -> bool:
        """Say so: who became a kiosk was looked at then, and is counted by the next sweep."""
        told = (await ask(hall, "/v1/instances")).body["sources"]
        return {each["source"]: (each["fresh"], each["hosts"]) for each in told} == sources

    await until(counted, "both sweeps have seen it")


async def test_of_a_kiosk_that_does_not_report_each_ping_of_its_host_is_told(hall: Hall) -> None:
    host = await hall.enrolled("till-hb1")
    await host.opens("till-hb1")
    before = ""
    for _ in range(2):
        host.agent.ping(host.agent.role_token())

        async def pinged(last: str = before) -> Any:
            one = (await ask(hall, "/v1/instances/till-hb1")).body.get("instance")
            at = one["ssm"]["pinged_at"] if one and one["ssm"] else None
            return one if at and at > last else None

        one = await until(pinged, "the ping is known")
        before = one["ssm"]["pinged_at"]
    assert one["state"] == "agent_silent"


async def test_changes_of_a_state_are_kept_with_why(hall: Hall) -> None:
    host = await hall.enrolled("till-hb1")
    headers = await host.opens("till-hb1")
    for source, state in (("none", "ui_down"), ("standby", "degraded")):
        await host.report(headers, ui={"source": source, "image": "i"})

        async def changed(state: str = state) -> Any:
            told = (await ask(hall, "/v1/instances/till-hb1")).body.get("history")
            return told if told and told[0]["state"] == state else None

        history = await until(changed, state)
    assert [one["state"] for one in history][:2] == ["degraded", "ui_down"]
    assert history[1]["why"] == "no kiosk UI answers keys there"


async def test_an_outage_that_was_sold_through_is_told_afterwards(hall: Hall) -> None:
    host = await hall.enrolled("till-hb1")
    headers = await host.opens("till-hb1")
    await host.report(headers, offline_since="2026-11-26T18:00:00Z")
    # The next report comes before anybody looks.
    await host.report(headers, queued=0)

    async def told() -> Any:
        return (await ask(hall, "/v1/instances/till-hb1")).body.get("sold_offline")

    [span] = await until(told, "the outage")
    assert span["since"] == "2026-11-26T18:00:00Z"
    assert span["until"] > span["since"]


async def test_lists_are_paged_filtered_and_told_once(hall: Hall) -> None:
    await hall.office.open(venue("old-mill", "OM1", "OM2", "OM3"))

    async def all_there() -> Any:
        found = await states(hall)
        return found if len(found) == 5 else None

    await until(all_there, "five kiosks")
    await heard_by_all(hall.office.fleet, REMEMBERED_S)
    seen, after = [], ""
    while True:
        told = (await ask(hall, f"/v1/instances?limit=2&after={after}")).body
        seen += [one["kiosk_id"] for one in told["instances"]]
        assert told["total"] == 5
        if told["next_after"] is None:
            break
        after = told["next_after"]
    assert seen == ["till-hb1", "till-hb2", "till-om1", "till-om2", "till-om3"]
    assert [*await states(hall, "?venue=harbour-hall")] == ["till-hb1", "till-hb2"]
    assert [*await states(hall, "?text=OM2")] == ["till-om2"]
    assert [*await states(hall, "?text=old%20mill&state=expected&limit=1")] == ["till-om1"]
    assert await states(hall, "?state=well&state=closed") == {}
    venues = (await ask(hall, "/v1/venues?limit=1")).body
    assert (venues["total"], venues["next_after"]) == (2, "harbour-hall")
    assert venues["venues"][0]["states"] == {"expected": 2}
    [one] = (await ask(hall, "/v1/venues?text=mill&after=harbour-hall")).body["venues"]
    assert (one["venue_id"], one["is_open"]) == ("old-mill", True)
    assert (await ask(hall, "/v1/venues/old-mill")).body == one
    assert (await ask(hall, "/v1/venues/nowhere")).body["code"] == "venue_unknown"
    assert (await ask(hall, "/v1/instances/nobody")).body["code"] == "kiosk_unknown"


async def test_kiosks_are_found_by_what_they_are_told_to_run(hall: Hall) -> None:
    await hall.office.open(venue("old-mill", "OM1"))
    hosts = [await hall.enrolled(f"till-hb{number}", number) for number in (1, 2)]
    for number, host in enumerate(hosts, start=1):
        await host.opens(f"till-hb{number}")

    async def runs(release: str, *kiosks: str) -> None:
        async def told() -> bool:
            return [*await states(hall, f"?release={release}")] == [*kiosks]

        await until(told, f"what ECS has of the hosts: {release}")

    await runs("r-2026-11", "till-hb1", "till-hb2")
    hall.put_release(hosts[1], "r-2026-12")
    await runs("r-2026-12", "till-hb2")
    assert [*await states(hall, "?release=r-2026-11")] == ["till-hb1"]
    assert await states(hall, "?release=r-2026") == {}
    assert await states(hall, "?release=r-2026-12&text=hb1") == {}
    venues = (await ask(hall, "/v1/venues?release=r-2026-12")).body["venues"]
    assert [one["venue_id"] for one in venues] == ["harbour-hall"]


async def test_who_has_it_already_is_told_nothing_again(hall: Hall) -> None:

    async def there() -> Any:
        told = await ask(hall, "/v1/venues")
        return told if told.body["total"] == 1 else None

    await until(there, "the hall")
    await heard_by_all(hall.office.fleet, REMEMBERED_S)
    first = await ask(hall, "/v1/venues")
    again = await ask(hall, "/v1/venues", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.body) == (304, None)
    assert again.headers["ETag"] == first.headers["ETag"]
    await hall.office.open(venue("old-mill", "OM1"))

    async def changed() -> Any:
        told = await ask(hall, "/v1/venues", **{"If-None-Match": first.headers["ETag"]})
        return told if told.status == 200 else None

    assert len((await until(changed, "the new venue")).body["venues"]) == 2


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("stat=well", "stat: it is none of"),
        ("state=fine", "state: it is one of expected, pending"),
        ("cause=rain", "cause: it is one of sales_stopped"),
        ("limit=0", "limit: it is a whole number from 1 to 100."),
        ("limit=0000010000000", "limit: it is a whole number"),
        (f"limit={'9' * 30}", "limit: it is a whole number"),
    ],
)
async def test_a_filter_that_is_none_is_refused(hall: Hall, query: str, words: str) -> None:
    told = await ask(hall, f"/v1/instances?{query}")
    assert (told.status, told.body["code"]) == (422, "body_invalid")
    assert told.body["detail"].startswith(words)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/instances"),
        ("GET", "/v1/instances/till-hb1"),
        ("GET", "/v1/venues"),
        ("GET", "/v1/alarms"),
        ("GET", "/v1/silences"),
        ("POST", "/v1/alarms/a.b.c/acknowledge"),
        ("POST", "/v1/venues/harbour-hall/silence"),
    ],
)
async def test_nobody_but_operators_sees_them(hall: Hall, method: str, path: str) -> None:
    told = await ask(hall, path, method, {}, **{OPS_TOKEN_HEADER: "guessed"})
    assert (told.status, told.body["code"]) == (401, "token_invalid")


async def test_what_a_kiosk_says_is_made_plain(hall: Hall) -> None:
    host = await hall.enrolled("till-hb1")
    headers = await host.opens("till-hb1")
    repair = {"name": "clock", "why": "\x1b[2Jgone", "at": "2026-11-26T18:00:00Z", "outcome": "x"}
    await host.report(
        headers, ui={"source": "ecs", "docker_away": "no\x07 socket"}, repairs=[repair]
    )

    async def told() -> Any:
        one = (await ask(hall, "/v1/instances/till-hb1")).body.get("instance")
        return one if one and one["report"] else None

    one = await until(told, "the report")
    assert one["report"]["repairs"][0]["why"] == "gone"
    assert "Docker does not answer: no socket" in one["why"]


async def test_alarms_are_listed_acknowledged_and_silenced(hall: Hall) -> None:
    host = await hall.enrolled("till-hb1")
    headers = await host.opens("till-hb1")
    await host.report(headers, quarantined=2, ui={"source": "ecs", "image": "i"})

    async def alarms(query: str = "?cause=quarantined") -> Any:
        await heard_by_all(hall.office.fleet)
        return (await ask(hall, f"/v1/alarms{query}")).body["alarms"]

    [alarm] = await until(alarms, "the alarm")
    assert alarm["alarm_id"] == "harbour-hall.till-hb1.quarantined"
    assert alarm["words"] == "2 transactions could not be settled"
    assert alarm["runbook"] == "docs/runbooks/quarantined.md"
    one = f"/v1/alarms/{alarm['alarm_id']}"
    told = await ask(hall, f"{one}/acknowledge", "POST", {"note": "Ana drives there"})
    assert (told.status, told.body["note"]) == (200, "Ana drives there")
    assert told.body["acknowledged_by"] == "settings"
    assert await alarms("?acknowledged=no&cause=quarantined") == []
    too_long = {"until": "2126-01-01T00:00:00Z", "reason": "works"}
    told = await ask(hall, f"{one}/silence", "POST", too_long)
    assert (told.status, told.body["code"]) == (422, "silence_refused")
    assert (await ask(hall, f"{one}/silence", "POST", {**too_long, "reason": ""})).status == 422
    await silence_and_end(hall, one, alarms)
    assert (await ask(hall, "/v1/alarms/a.b.parked/acknowledge", "POST", {})).status == 404
    await host.report(headers, quarantined=0, ui={"source": "ecs", "image": "i"})

    async def gone() -> Any:
        [still] = await alarms()
        return still if still["gone_since"] else None

    assert (await until(gone, "it is gone"))["acknowledged_by"] == "settings"


async def silence_and_end(hall: Hall, one: str, alarms: Any) -> None:
    soon = (await alarms())[0]["opened_at"].replace("Z", "+00:00")
    end = (datetime.fromisoformat(soon) + timedelta(days=1)).isoformat()
    order = {"until": end, "reason": "the hall is rebuilt"}
    assert (await ask(hall, f"{one}/silence", "POST", order)).status == 200
    told = await ask(hall, "/v1/venues/harbour-hall/silence", "POST", order)
    assert told.body["scope"] == "venue:harbour-hall"
    assert await alarms("?silenced=no") == []
    scopes = [each["scope"] for each in (await ask(hall, "/v1/silences")).body["silences"]]
    assert len(scopes) == 2
    for scope in scopes:
        assert (await ask(hall, f"/v1/silences/{scope}", "DELETE")).status == 204
    assert (await alarms("?silenced=no"))[0]["silence"] is None


async def test_a_task_that_stops_is_followed_by_another_within_seconds(
    hall: Hall, tmp_path: Path, region: RunningRegion
) -> None:
    first = hall.office.fleet
    await first.logged("lease_taken")
    second = tmp_path / "second"
    second.mkdir()
    given = {**settings(region), **ops_settings(tmp_path), **OFTEN}
    async with fleet_tasks(
        second, "http://127.0.0.1:9", count=1, environment=environment(region), **given
    ) as other:
        await other.logged("listening")
        assert "swept" not in other.log(), "one of them asks AWS"
        assert await first.stop() == 0
        await other.logged("swept")
        # Of two tasks that stop one after the other the second may have had it between.
        assert re.search(r"term\W+[23]\b", other.log())


async def test_figures_of_the_fleet_are_the_same_from_any_task(
    hall: Hall, tmp_path: Path, region: RunningRegion
) -> None:
    host = await hall.enrolled("till-hb1")
    headers = await host.opens("till-hb1")
    await host.report(headers, parked=3)
    second = tmp_path / "second"
    second.mkdir()
    given = {**settings(region), **ops_settings(tmp_path)}
    given["kiosks_file"] = str(hall.office.fleet.files.kiosks)
    async with (
        fleet_tasks(
            second, "http://127.0.0.1:9", count=1, environment=environment(region), **given
        ) as other,
        aiohttp.ClientSession(other.url) as http,
    ):
        asking = {OPS_TOKEN_HEADER: OPS_TOKEN}

        async def both() -> Any:
            texts = []
            for each in (hall.office.http, http):
                async with each.get("/metrics/fleet", headers=asking) as answer:
                    assert answer.status == 200
                    texts.append(await answer.text())
            own, others = (
                [line for line in text.splitlines() if "_age_seconds" not in line] for text in texts
            )
            return own if own == others and "kiosk_parked{" in texts[0] else None

        lines = await until(both, "both tell the same of what one of them heard")
        async with http.get("/metrics", headers=asking) as answer:
            assert "eventpro_fleet_kiosk_parked" not in await answer.text()
    assert 'eventpro_fleet_kiosk_parked{kiosk="till-hb1",venue="harbour-hall"} 3.0' in lines
