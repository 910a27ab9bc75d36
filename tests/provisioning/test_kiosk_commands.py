"""`kiosk-provision kiosk …`, as an operator types it, before a fleet service and a region."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from provisioning.ticket_api import TicketOffice
from tests.support import ticket_api
from tests.support.enrolled import CLUSTER
from tests.support.kiosk_desk import GONE, KIOSK, WRITE_OFF, Desk, desk_in


@pytest.fixture
async def desk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Desk]:
    async with desk_in(tmp_path, capsys, monkeypatch) as desk:
        yield desk


async def test_kiosks_are_listed_and_shown(desk: Desk) -> None:
    host, headers = await desk.active()
    await host.report(headers, queued=2)
    out, _ = await desk.types("list")
    assert [line.split()[:4] for line in out.splitlines()[1:]] == [
        [KIOSK, "HB1", "harbour-hall", "active"],
        ["till-hb2", "HB2", "harbour-hall", "expected"],
    ]
    out, _ = await desk.types("list", "--venue", "harbour-hall", "--json")
    assert [one["instance_id"] for one in json.loads(out)] == [host.instance_id, None]
    _, err = await desk.types("list", "--venue", "nowhere", status=1)
    assert "no venue" in err.lower()
    out, _ = await desk.types("show", KIOSK)
    assert host.instance_id in out
    assert "2 queued, 0 parked" in out
    out, _ = await desk.types("show", KIOSK, "--json")
    assert json.loads(out)["seen"]["queued"] == 2
    _, err = await desk.types("show", "no/body", status=1)
    assert "kiosk-provision kiosk list" in err


async def test_a_host_that_was_refused_is_seen_in_the_list_and_at_its_kiosk(desk: Desk) -> None:
    first = await desk.hall.enrolled()
    await desk.types("free", KIOSK, "--yes")
    second = desk.hall.host(2)
    assert (await second.claim(KIOSK))[0] == 201
    assert (await first.prove())[1]["code"] == "host_not_matched"
    out, _ = await desk.types("show", KIOSK)
    assert f"refused        {first.instance_id} was registered by the machine" in out
    assert f"to the machine {second.host_id[:12]}" in out
    out, _ = await desk.types("list", "--json")
    assert [first.instance_id in one["refused"] for one in json.loads(out)] == [True, False]
    out, _ = await desk.types("list")
    assert "REFUSED" in out
    assert first.instance_id in out


async def test_a_kiosk_is_revoked_and_restored(desk: Desk) -> None:
    await desk.active()
    out, _ = await desk.types("revoke", KIOSK, "--dry-run")
    assert "would revoke" in out
    told = json.loads((await desk.types("revoke", KIOSK, "--dry-run", "--json"))[0])
    assert (told["kiosk_id"], told["standing"]) == (KIOSK, "active")
    assert told["plan"] == out.strip()
    _, err = await desk.types("revoke", KIOSK, status=1)
    assert "--yes" in err
    assert (await desk.hall.standing())[0] == "active"
    out, _ = await desk.types("revoke", KIOSK, "--yes")
    assert f"kiosk restore {KIOSK}" in out
    assert (await desk.hall.standing())[0] == "revoked"
    out, _ = await desk.types("restore", KIOSK, "--json")
    assert json.loads(out)["standing"] == "active"
    _, err = await desk.types("free", KIOSK, "--yes", status=1)
    assert "has been the kiosk" in err


async def test_a_name_is_freed(desk: Desk) -> None:
    await desk.hall.enrolled()
    _, err = await desk.types("free", KIOSK, status=1)
    assert "--yes" in err
    out, _ = await desk.types("free", KIOSK, "--yes")
    assert "may claim it" in out
    assert await desk.hall.standing() == ("expected", None)


async def test_a_kiosk_goes_once_it_has_left(desk: Desk) -> None:
    host, headers = await desk.active()
    out, _ = await desk.types(GONE, KIOSK, "--dry-run")
    assert (
        f"would ask it to drain, and wait until it has left; deregister {host.instance_id}" in out
    )
    _, err = await desk.types(GONE, KIOSK, status=1)
    assert "--yes" in err
    assert json.loads((await desk.types("show", KIOSK, "--json"))[0])["leaving_since"] is None
    _, err = await desk.types(GONE, KIOSK, "--yes", "--wait", "0", status=1)
    assert "has not left yet: it has not reported since" in err
    assert "--write-off" in err
    await host.report(headers, why_not_left=["tickets that have not gone back: 3"])
    _, err = await desk.types("restore", KIOSK)
    assert "drain --off" in err
    assert json.loads((await desk.types("show", KIOSK, "--json"))[0])["leaving_since"] is None
    _, err = await desk.types(GONE, KIOSK, "--yes", "--wait", "0", status=1)
    async with asyncio.timeout(60):
        while "has not left yet: tickets that have not gone back: 3" not in err:
            # Within a second it hears that it was asked anew.
            await host.report(headers, why_not_left=["tickets that have not gone back: 3"])
            # Asked once, it is not asked about again.
            _, err = await desk.types(GONE, KIOSK, "--wait", "0", status=1)
    assert (await desk.hall.standing())[0] == "active"
    await desk.runs_a_task(host)
    going = asyncio.create_task(desk.types(GONE, KIOSK, "--json"))
    await host.report(headers, left=True)
    out, err = await going
    assert "has left" in err
    told = json.loads(out)
    assert (told["standing"], told["container_instances"], told["managed_instance"]) == (
        "retired",
        1,
        True,
    )
    assert desk.registered(host) == ([], [])
    out, err = await desk.types(GONE, KIOSK, "--json")
    told = json.loads(out)
    assert (told["container_instances"], told["managed_instance"]) == (0, False)
    assert "stay leased: with --ticket-api-url" in err


async def test_tickets_of_a_sealed_reserve_are_written_off_at_the_end(desk: Desk) -> None:
    host, headers = await desk.active()
    await desk.leased(4)
    await desk.types(GONE, KIOSK, "--yes", "--wait", "0", status=1)
    await host.report(headers, left=True)
    out, err = await desk.types(GONE, KIOSK, "--json", tickets=True)
    assert json.loads(out)["written_off_tickets"] == 4
    assert "4 tickets written off" in err
    assert await desk.unsold() == 0


async def test_as_many_tickets_of_a_later_host_in_the_same_journal_are_written_off_too(
    desk: Desk,
) -> None:
    journal_id = uuid4()
    for host in ("mi-0a1b2c3d4e5f60718", "mi-0a1b2c3d4e5f60719"):
        assert (await desk.tickets.kiosk(KIOSK).grant(journal_id, 3)).status == 201
        assert await desk.unsold() == 3
        async with TicketOffice(desk.tickets.url, ticket_api.OPS_TOKEN) as tickets:
            told = [one async for one in tickets.write_off(KIOSK, "it is broken", host)]
        assert told == [(journal_id, 3)]
        assert await desk.unsold() == 0


AT = "2026-11-27T12:00:00Z"
HELPED = {"name": "clock", "why": "not set", "at": AT, "outcome": "helped", "in_a_row": 2}
CRASHES = {
    "source": "standby",
    "crashing": [
        {
            "image": "r/kiosk@sha256:b",
            "ends": 3,
            "last_exit": "status 1: no",
            "last_at": "2026-11-27T12:00:00Z",
        }
    ],
}
FAILS = {
    "name": "ecs_agent",
    "why": "it has ended",
    "at": AT,
    "outcome": "not_helped",
    "in_a_row": 3,
}


async def test_one_that_can_not_be_reached_is_written_off_after_its_risk_was_read(
    desk: Desk,
) -> None:
    host, headers = await desk.active()
    images = [{"image": "registry.example.com/a@sha256:b", "state": "failed", "why": "no route"}]
    refunds = ["HB1-1-000018: 30.00 EUR"]
    lock = {"until": AT, "why": "doors", "by": "Max Manager"}
    told = {
        "refunds_to_give": refunds,
        "repairs": [HELPED, FAILS],
        "images": images,
        "ui": CRASHES,
        "update_lock": lock,
    }
    await host.report(headers, queued=3, quarantined=1, **told)
    await desk.leased(5)
    out, _ = await desk.types("show", KIOSK)
    assert "image          registry.example.com/a@sha256:b failed: no route" in out
    assert "owes refund    HB1-1-000018: 30.00 EUR" in out
    assert "no update      until 2026-11-27 12:00 UTC: doors (Max Manager)" in out
    assert "not mended     ecs_agent: it has ended; 3 tries, at last: not_helped" in out
    assert "crashes        r/kiosk@sha256:b: 3 times, the last: status 1: no" in out
    assert "clock" not in out
    _, err = await desk.types(GONE, KIOSK, *WRITE_OFF, "--yes", status=1)
    assert "--ticket-api-url" in err
    _, err = await desk.types(GONE, KIOSK, *WRITE_OFF, status=1, tickets=True)
    assert "--yes" in err
    for words in (
        "on its disk alone",
        "stay valid",
        "two customers have one place",
        "4 trans",
        "HB1-1-000018: 30",
    ):
        assert words in err
    assert (await desk.hall.standing())[0] == "active"
    assert await desk.unsold() == 5
    out, _ = await desk.types(GONE, KIOSK, *WRITE_OFF, "--yes", "--json", tickets=True)
    told = json.loads(out)
    assert (told["standing"], told["written_off"]) == ("retired", "the disk is broken")
    assert told["written_off_tickets"] == 5
    assert await desk.unsold() == 0
    assert desk.registered(host) == ([], [])
    async with asyncio.timeout(30):
        while (await host.use(headers))[1]["code"] != "kiosk_retired":
            pass  # within a second


@pytest.mark.parametrize("act", [GONE, "replace"])
@pytest.mark.parametrize("how", [(), WRITE_OFF])
async def test_a_host_that_is_in_another_cluster_is_not_half_deregistered(
    desk: Desk, act: str, how: tuple[str, ...]
) -> None:
    host, _ = await desk.active()
    await desk.leased(2)
    desk.hall.region.client("ecs").create_cluster(clusterName="other")
    before = desk.registered(host)
    for cluster in ("other", "nowhere"):
        words = (act, KIOSK, *how, "--yes", "--wait", "0", "--cluster", cluster)
        _, err = await desk.types(*words, status=1, tickets=True)
        assert f"in the cluster {cluster}" in err or "ClusterNotFound" in err
    assert "--cluster" in (await desk.types(*words[:-1], "other", status=1, tickets=True))[1]
    told = json.loads((await desk.types("show", KIOSK, "--json"))[0])
    assert (told["standing"], told["leaving_since"], told["written_off"]) == ("active", None, "")
    assert desk.registered(host) == before == ([host.arn], [host.instance_id])
    assert await desk.unsold() == 2
    # Somebody was at ECS before: they say so.
    ecs = desk.hall.region.client("ecs")
    ecs.deregister_container_instance(cluster=CLUSTER, containerInstance=host.arn, force=True)
    _, err = await desk.types(act, KIOSK, *how, "--yes", "--wait", "0", status=1, tickets=True)
    assert "--host-gone" in err
    assert (await desk.hall.standing())[0] == "active"
    await desk.types(act, KIOSK, *WRITE_OFF, "--yes", "--host-gone", tickets=True)
    assert desk.registered(host) == ([], [])


@pytest.mark.parametrize("act", [GONE, "replace"])
async def test_a_name_without_a_host_is_not_taken_away(desk: Desk, act: str) -> None:
    await desk.hall.enrolled()
    _, err = await desk.types(act, KIOSK, "--yes", status=1)
    assert f"kiosk free {KIOSK}" in err
    _, err = await desk.types(GONE, "till-hb2", "--yes", status=1)
    assert "it has no host" in err
