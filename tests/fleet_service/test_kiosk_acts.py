"""What operators do to kiosks: let out and in, free, ask to leave, give up, replace."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.support.enrolled import TOKEN, Hall, hall_of
from tests.support.fleet_tasks import heard_by_all
from tests.support.operators import venue
from tests.support.region import RunningRegion, running_region

RISK = {"reason": "the disk is broken", "risk_accepted": True}


@pytest.fixture
def region() -> Iterator[RunningRegion]:
    with running_region() as running:
        yield running


@pytest.fixture
async def hall(tmp_path: Path, region: RunningRegion) -> AsyncIterator[Hall]:
    async with hall_of(tmp_path, region) as opened:
        yield opened


async def act(
    hall: Hall, name: str, body: object = None, *, kiosk_id: str = "till-hb1"
) -> dict[str, Any]:
    """Do something to a kiosk; return how it stands then."""
    for _ in range(2):
        # Twice: each act is idempotent.
        status, told = await hall.office.ask("POST", f"kiosks/{kiosk_id}/{name}", body)
        assert status == 200, told
    assert told == await shown(hall, kiosk_id)
    await heard_by_all(hall.office.fleet)
    return told


async def shown(hall: Hall, kiosk_id: str = "till-hb1") -> dict[str, Any]:
    status, told = await hall.office.ask("GET", f"kiosks/{kiosk_id}")
    assert status == 200, told
    found: dict[str, Any] = told
    return found


async def refusal(hall: Hall, name: str, code: str, body: object = None) -> str:
    """Return the words with which an act is refused."""
    before = await shown(hall)
    status, told = await hall.office.ask("POST", f"kiosks/till-hb1/{name}", body)
    assert (status, told["code"]) == (409, code), told
    assert await shown(hall) == before
    return f"{told['detail']} {told['hint']}"


async def test_a_kiosk_is_shown_with_its_grant_its_host_and_its_last_report(hall: Hall) -> None:
    planned = await shown(hall)
    assert (planned["standing"], planned["grant"], planned["seen"]) == ("expected", None, None)
    host = await hall.enrolled()
    assert (await shown(hall))["grant"]["activation_id"] == hall.activation_id
    headers = await host.opens()
    assert (await host.report(headers, queued=3))["leave"] is False
    told = await shown(hall)
    assert (told["kiosk_code"], told["venue_name"]) == ("HB1", "Harbour Hall")
    assert (told["standing"], told["instance_id"]) == ("active", host.instance_id)
    assert (told["seen"]["queued"], told["seen"]["left"]) == (3, False)
    status, told = await hall.office.ask("GET", "kiosks/nobody")
    assert (status, told["code"]) == (404, "kiosk_unknown")


async def test_a_kiosk_is_let_out_and_in_again(hall: Hall) -> None:
    host = await hall.enrolled()
    headers = await host.opens()
    assert (await act(hall, "revoke"))["standing"] == "revoked"
    assert (await host.prove())[1]["code"] == "kiosk_revoked"
    assert (await act(hall, "restore"))["standing"] == "active"
    assert (await host.prove())[0] == 201
    assert (await host.use(headers))[1]["code"] == "upstream_failed"


async def test_a_name_that_is_free_again_may_be_claimed_also_by_the_same_host(hall: Hall) -> None:
    host = await hall.enrolled()
    assert "free till-hb1" in await refusal(hall, "revoke", "standing_differs")
    told = await act(hall, "free")
    assert (told["standing"], told["grant"]) == ("expected", None)
    assert (await host.claim("till-hb2"))[0] == 201
    assert (await hall.host(2).claim("till-hb1"))[0] == 201
    await act(hall, "free", kiosk_id="till-hb2")
    await act(hall, "free")
    assert (await host.claim("till-hb1"))[0] == 201
    await host.opens()
    assert "has been the kiosk" in await refusal(hall, "free", "standing_differs")


async def test_a_name_whose_activation_has_ended_is_free_for_a_new_one(hall: Hall) -> None:
    await hall.enrolled()
    await hall.office.ask("POST", f"activations/{hall.activation_id}/revoke")
    await act(hall, "free")
    await hall.activate("till-hb1", token="another")
    assert (await hall.host(3).claim("till-hb1", token="another"))[0] == 201


async def test_a_kiosk_that_is_asked_to_leave_is_told_and_goes_once_it_has_left(
    hall: Hall,
) -> None:
    host = await hall.enrolled()
    headers = await host.opens()
    assert "Nobody has asked" in await refusal(hall, "retire", "kiosk_not_drained")
    await host.report(headers, left=True)
    told = await act(hall, "leave")
    assert (told["standing"], told["leaving_since"] is not None) == ("active", True)
    # What it said before it was asked does not count.
    assert "has not reported since" in await refusal(hall, "retire", "kiosk_not_drained")
    why = ["2 transactions are not settled"]
    for _ in range(600):  # within a second, and no oftener than an agent may
        if (await host.report(headers, why_not_left=why))["leave"]:
            break
        await asyncio.sleep(0.05)
    words = await refusal(hall, "retire", "kiosk_not_drained")
    assert "2 transactions are not settled" in words
    assert "--write-off" in words
    await host.report(headers, left=True)
    told = await act(hall, "retire")
    # Its host stays known, so that it can be deregistered.
    assert (told["standing"], told["instance_id"]) == ("retired", host.instance_id)
    status, told = await host.prove()
    assert (status, told["code"], told["retryable"]) == (403, "kiosk_retired", False)
    assert "out of service for good" in told["detail"]
    assert "kiosk-agent export" in told["hint"]
    async with asyncio.timeout(30):
        while (await host.use(headers))[1]["code"] != "kiosk_retired":
            pass  # within a second
    for name in ("restore", "renew", "free"):
        await refusal(hall, name, "standing_differs")
    assert (await act(hall, "leave"))["standing"] == "retired"


async def test_a_machine_whose_kiosk_was_taken_out_of_service_can_be_another_and_stays_it(
    hall: Hall,
) -> None:
    host = await hall.enrolled()
    await host.opens()
    assert (await host.claim("till-hb2"))[1]["code"] == "kiosk_taken"
    await act(hall, "write-off", RISK)
    await act(hall, "retire")
    again = hall.host()
    assert (await again.claim("till-hb2"))[0] == 201
    again.register("till-hb2")
    await again.opens("till-hb2")
    # Dropping the old name from the plan takes nothing from the new one.
    _, told = await hall.office.ask("GET", "venues/harbour-hall")
    kept = [one for one in told["venue"]["kiosks"] if one["kiosk_id"] != "till-hb1"]
    changed = {**told["venue"], "kiosks": kept}
    assert (await hall.office.ask("PUT", "venues/harbour-hall", changed))[0] == 200
    _, offer = await hall.office.host(TOKEN, "GET", f"?host_id={again.host_id}")
    assert offer["granted"] == "till-hb2"


async def test_one_that_is_revoked_can_send_nothing_so_it_is_not_asked_to_leave(
    hall: Hall,
) -> None:
    host = await hall.enrolled()
    assert "free till-hb1" in await refusal(hall, "leave", "standing_differs")
    await host.opens()
    await act(hall, "revoke")
    words = await refusal(hall, "leave", "standing_differs")
    assert "restore till-hb1" in words
    assert "--write-off" in words


async def test_a_kiosk_that_was_given_up_is_out_at_once_and_its_name_gets_a_new_host(
    hall: Hall,
) -> None:
    host = await hall.enrolled()
    headers = await host.opens()
    await refusal(hall, "renew", "kiosk_not_drained")
    status, told = await hall.office.ask(
        "POST", "kiosks/till-hb1/write-off", {**RISK, "risk_accepted": False}
    )
    assert (status, told["code"]) == (422, "risk_not_accepted")
    told = await act(hall, "write-off", RISK)
    assert (told["standing"], told["written_off"]) == ("revoked", "the disk is broken")
    assert "may be sold elsewhere" in await refusal(hall, "restore", "standing_differs")
    assert (await host.prove())[1]["code"] == "kiosk_revoked"
    told = await act(hall, "renew")
    assert (told["standing"], told["instance_id"], told["grant"]) == ("expected", None, None)
    assert (told["kiosk_code"], told["written_off"]) == ("HB1", "")
    await hall.activate("till-hb1", token="another")
    new = hall.host(2)
    assert (await new.claim("till-hb1", token="another"))[0] == 201
    new.register("till-hb1")
    # Whether another is the kiosk yet or not.
    for _ in range(2):
        for told in ((await host.prove())[1], (await host.use(headers))[1]):
            assert told["code"] == "kiosk_retired"
            assert "another host in this one's place" in told["detail"]
        await new.opens()
        assert await hall.standing() == ("active", new.instance_id)


async def test_a_replaced_host_whose_credentials_count_no_more_is_told_by_its_journal(
    hall: Hall,
) -> None:
    host, stranger = await hall.enrolled(), hall.host(2)
    await host.report(await host.opens())
    role = host.agent.role_token()
    await act(hall, "write-off", RISK)
    await act(hall, "renew")
    hall.region.client("ssm").deregister_managed_instance(InstanceId=host.instance_id)
    host.agent.role_token = lambda: {**role, "secret_access_key": "0" * 40}  # type: ignore[method-assign]
    told = (await host.prove())[1]
    assert (told["code"], "another host" in told["detail"]) == ("kiosk_retired", True)
    # Nobody else is told so: not who comes with another journal.
    await hall.activate("till-hb1", token="another")
    assert (await stranger.claim("till-hb1", token="another"))[0] == 201
    stranger.register_with_ssm()
    stranger.journal_id = UUID("0197a000-0000-7000-8000-000000000002")
    assert (await stranger.prove())[1]["code"] == "kiosk_pending"


async def test_a_host_that_takes_its_old_journal_along_and_is_the_kiosk_again_is_let_in(
    hall: Hall,
) -> None:
    host = await hall.enrolled()
    await host.report(await host.opens())
    await act(hall, "write-off", RISK)
    await act(hall, "renew")
    await hall.activate("till-hb1", token="another")
    again = hall.host(2)
    assert (await again.claim("till-hb1", token="another"))[0] == 201
    again.register("till-hb1")
    assert again.journal_id == host.journal_id
    await again.report(await again.opens())


async def test_who_is_the_kiosk_or_was_is_granted_nothing_that_would_use_a_registration(
    hall: Hall,
) -> None:
    host, stranger = await hall.enrolled(), hall.host(2)
    # As long as it is pending an answer that was lost is given again.
    assert (await host.claim("till-hb1"))[0] == 201
    await host.opens()
    for act_name, body, standing, helps in (
        (None, None, "active", "kiosk replace till-hb1"),
        ("revoke", None, "revoked", "kiosk replace till-hb1"),
        ("write-off", RISK, "revoked", "kiosk replace till-hb1"),
        ("retire", None, "retired", "plan a new one"),
    ):
        if act_name is not None:
            await act(hall, act_name, body)
        for who in (host, stranger):
            status, told = await who.claim("till-hb1")
            assert (status, told["code"]) == (409, "kiosk_in_service")
            assert f"till-hb1 is {standing}" in told["detail"]
            assert helps in told["hint"]


async def test_a_name_that_was_retired_and_dropped_can_be_planned_again_and_claimed(
    hall: Hall,
) -> None:
    old = await hall.enrolled()
    headers = await old.opens()
    await act(hall, "write-off", RISK)
    await act(hall, "retire")
    _, told = await hall.office.ask("GET", "venues/harbour-hall")
    plan = told["venue"]
    kept = [one for one in plan["kiosks"] if one["kiosk_id"] != "till-hb1"]
    for kiosks in (kept, plan["kiosks"]):
        status, told = await hall.office.ask(
            "PUT", "venues/harbour-hall", {**plan, "kiosks": kiosks}
        )
        assert status == 200, told
    assert await hall.standing() == ("expected", None)
    assert (await shown(hall))["grant"] is None
    assert (await old.prove())[0] == 403
    await hall.activate("till-hb1", token="another")
    new = hall.host(2)
    assert (await new.claim("till-hb1", token="another"))[0] == 201
    new.register("till-hb1")
    await new.opens()
    assert await hall.standing() == ("active", new.instance_id)
    assert (await old.use(headers))[1]["code"] == "token_invalid"


async def test_a_code_that_receipts_have_is_never_another_kiosk_s(hall: Hall) -> None:
    host = await hall.enrolled()
    await host.opens()
    await act(hall, "write-off", RISK)
    await act(hall, "renew")
    await hall.office.open(venue("harbour-hall", "HB2"))
    other = venue("old-mill", kiosks=[{"kiosk_id": "mill-1", "kiosk_code": "HB1"}])
    status, told = await hall.office.ask("PUT", "venues/old-mill", other)
    assert (status, told["code"]) == (409, "kiosk_taken")
    assert "till-hb1 has the kiosk code HB1" in told["detail"]


async def test_a_venue_that_is_closed_enrols_nobody(hall: Hall) -> None:
    await hall.office.open(venue("old-mill", "OM1"))
    mine = hall.activation_id
    await hall.enrolled()
    status, told = await hall.office.ask("DELETE", "venues/harbour-hall")
    assert (status, told["code"]) == (409, "kiosk_in_service")
    assert "kiosk free till-hb1" in told["hint"]
    _, page = await hall.office.ask("GET", "activations")
    assert [one["revoked"] for one in page["activations"]] == [False]
    await act(hall, "free")
    assert (await hall.office.ask("DELETE", "venues/harbour-hall"))[0] == 204
    _, page = await hall.office.ask("GET", "activations")
    assert [(one["activation_id"], one["revoked"]) for one in page["activations"]] == [(mine, True)]


async def test_what_operators_have_given_up_outlives_the_service(
    tmp_path: Path, region: RunningRegion
) -> None:
    async with hall_of(tmp_path, region) as hall:
        host = await hall.enrolled()
        await host.opens()
        await act(hall, "leave")
        before = await act(hall, "write-off", RISK)
        await hall.office.fleet.kill()
    async with hall_of(tmp_path, region) as hall:
        assert await shown(hall) == before
