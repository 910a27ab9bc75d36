"""Rosters: operators put them, a venue's kiosks read them, and nobody else's."""

from typing import Any

import pytest

from tests.support.ticket_api import VENUE, Caller, World

HASH = "$argon2id$v=19$m=16384,t=2,p=1$c29tZXNhbHQ$aGFzaGhhc2hoYXNoaGFzaA"


def person(staff_id: str, role: str = "cashier", **changes: Any) -> dict[str, Any]:
    """Return an entry of a roster."""
    return {
        "staff_id": staff_id,
        "name": staff_id.title(),
        "role": role,
        "pin_hash": HASH,
        **changes,
    }


MIA, ANA = person("mia", "manager"), person("ana")


async def _put(api: World, *members: dict[str, Any], venue: str = VENUE) -> Any:
    return await api.ops().put(f"/v1/ops/venues/{venue}/roster", {"members": list(members)})


async def test_a_venue_without_a_roster_has_version_0_and_nobody(kiosk: Caller) -> None:
    answer = await kiosk.get("/v1/roster")

    assert (answer.status, answer.body) == (200, {"version": 0, "members": []})


async def test_what_is_put_is_what_the_venues_kiosks_read_and_no_other_venues(
    api: World, kiosk: Caller
) -> None:
    put = await _put(api, MIA, ANA)

    assert (put.status, put.body["version"]) == (200, 1)
    assert (await kiosk.get("/v1/roster")).body == put.body
    assert put.body["members"] == [MIA, ANA]
    elsewhere = await api.kiosk("kiosk-z", "old-mill").get("/v1/roster")
    assert elsewhere.body == {"version": 0, "members": []}


async def test_a_change_has_a_new_version_and_the_same_again_has_none(
    api: World, kiosk: Caller
) -> None:
    await _put(api, MIA, ANA)
    again = await _put(api, MIA, ANA)
    changed = await _put(api, MIA)

    assert (again.body["version"], changed.body["version"]) == (1, 2)
    assert (await kiosk.get("/v1/roster")).body["members"] == [MIA]


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ([], "members"),
        ([ANA], "needs a manager"),
        ([MIA, ANA, ANA], "more than one entry for ana"),
        ([MIA, person("bo", "boss")], "role"),
        ([MIA, person("bo", pin_hash="1234")], "pin_hash"),
        ([MIA, person("bo", name="Bo\x1b[2J")], "name"),
        ([MIA, person("Bo B")], "staff_id"),
        ([MIA, *(person(f"s{n}") for n in range(500))], "members"),
    ],
)
async def test_a_roster_that_nobody_could_work_with_is_refused_in_words_and_changes_nothing(
    api: World, kiosk: Caller, members: list[dict[str, Any]], words: str
) -> None:
    await _put(api, MIA)

    answer = await _put(api, *members)

    assert (answer.status, answer.body["code"]) == (422, "body_invalid")
    assert words in answer.body["detail"]
    assert (await kiosk.get("/v1/roster")).body["version"] == 1


async def test_a_venue_that_nobody_knows_is_named(api: World) -> None:
    answer = await _put(api, MIA, venue="nowhere")

    assert (answer.status, answer.body["code"]) == (404, "venue_unknown")
    assert "nowhere" in answer.body["detail"]


async def test_a_kiosk_can_not_put_one_and_nobody_reads_one_without_a_token(
    api: World, kiosk: Caller
) -> None:
    put = await kiosk.put(f"/v1/ops/venues/{VENUE}/roster", {"members": [MIA]})
    read = await api.nobody().get("/v1/roster")

    assert (put.status, read.status) == (401, 401)
