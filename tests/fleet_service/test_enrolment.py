"""Each kiosk's name is granted to one host, once, however many ask and however often."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cloud_store.opening import open_store
from cloud_store.places import FLEET_SERVICE
from cloud_store.workspace import Workspace
from fleet_service.venues.records import KioskRecord
from kiosk_contracts.venues import Standing
from kiosk_contracts.version import ENROLMENT_TOKEN_HEADER
from tests.support.fleet_tasks import place_of
from tests.support.operators import OpsOffice, ops_office, venue

ACTIVATION = "4b673112-90ad-4add-b9c2-1c2d3e4f5a6b"
TOKEN = "enrolment-token-of-the-fleet"


def host(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def activation(*kiosks: str, token: str = TOKEN, **changes: Any) -> dict[str, Any]:
    return {
        "activation_id": ACTIVATION,
        "bundle_id": "0f5b1a52-1111-4222-8333-444455556666",
        "venue_id": "harbour-hall",
        "kiosk_ids": list(kiosks or ("till-hb1", "till-hb2")),
        "expires_at": (datetime.now(UTC) + timedelta(days=7)).isoformat(),
        "enrolment_token_sha256": hashlib.sha256(token.encode()).hexdigest(),
        **changes,
    }


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[OpsOffice]:
    async with ops_office(tmp_path) as running:
        await running.open(venue("harbour-hall", "HB1", "HB2", "HB3"), venue("old-mill", "OM1"))
        yield running


async def told(office: OpsOffice, body: dict[str, Any]) -> None:
    assert (await office.ask("POST", "activations", body))[0] == 201


async def claim(office: OpsOffice, kiosk_id: str, number: int, token: str = TOKEN) -> Any:
    body = {"kiosk_id": kiosk_id, "host_id": host(number)}
    return await office.host(token, "POST", "/claims", body)


async def free(office: OpsOffice, number: int = 0) -> tuple[list[str], str | None]:
    status, offer = await office.host(TOKEN, "GET", f"?host_id={host(number)}")
    assert status == 200
    return [one["kiosk_id"] for one in offer["kiosks"] if one["free"]], offer["granted"]


async def test_a_host_chooses_a_free_name_and_keeps_it(office: OpsOffice) -> None:
    await told(office, activation())
    assert await free(office) == (["till-hb1", "till-hb2"], None)
    granted = {"kiosk_id": "till-hb2", "kiosk_code": "HB2", "venue_id": "harbour-hall"}
    assert await claim(office, "till-hb2", 1) == (201, granted)
    assert await claim(office, "till-hb2", 1) == (201, granted)
    assert await free(office, 1) == (["till-hb1"], "till-hb2")
    status, refusal = await claim(office, "till-hb2", 2)
    assert (status, refusal["code"]) == (409, "kiosk_taken")
    assert "granted to another host at" in refusal["detail"]
    status, refusal = await claim(office, "till-hb1", 1)
    assert (status, refusal["code"]) == (409, "kiosk_taken")
    assert "Go on as till-hb2" in refusal["hint"]
    _, shown = await office.ask("GET", "venues/harbour-hall")
    assert [one["standing"] for one in shown["kiosks"]] == ["expected", "pending", "expected"]
    # What a host was granted is no plan any more.
    status, refusal = await office.ask("PUT", "venues/harbour-hall", venue("harbour-hall", "HB1"))
    assert (status, refusal["code"]) == (409, "kiosk_in_service")


async def test_of_many_hosts_at_once_each_name_has_one(office: OpsOffice) -> None:
    await told(office, activation())
    answers = await asyncio.gather(
        *(claim(office, f"till-hb{number % 2 + 1}", number) for number in range(12))
    )
    assert sorted(status for status, _ in answers) == [201, 201, *[409] * 10]
    assert await free(office, 99) == ([], None)


async def test_a_name_is_granted_once_over_all_activations(office: OpsOffice) -> None:
    await told(office, activation())
    other = "5c784223-90ad-4add-b9c2-1c2d3e4f5a6b"
    await told(office, activation(token="another", activation_id=other))
    assert (await claim(office, "till-hb1", 1))[0] == 201
    assert (await claim(office, "till-hb1", 2, "another"))[1]["code"] == "kiosk_taken"
    _, page = await office.ask("GET", "activations?limit=1")
    _, rest = await office.ask("GET", f"activations?limit=1&after={page['next_after']}")
    assert [one["activation_id"] for one in (*page["activations"], *rest["activations"])] == [
        ACTIVATION,
        other,
    ]
    assert page["activations"][0]["granted"] == ["till-hb1"]


async def test_a_host_has_one_name_over_all_activations(office: OpsOffice) -> None:
    await told(office, activation())
    other = "5c784223-90ad-4add-b9c2-1c2d3e4f5a6b"
    await told(office, activation("till-hb3", token="another", activation_id=other))
    assert (await claim(office, "till-hb1", 1))[0] == 201
    status, refusal = await claim(office, "till-hb3", 1, "another")
    assert (status, refusal["code"]) == (409, "kiosk_taken")
    assert "It was granted till-hb1." in refusal["detail"]
    assert "kiosk free till-hb1" in refusal["hint"]
    _, offer = await office.host("another", "GET", f"?host_id={host(1)}")
    assert offer["granted"] == "till-hb1"
    await office.ask("POST", "kiosks/till-hb1/free")
    assert (await claim(office, "till-hb3", 1, "another"))[0] == 201


async def test_a_host_that_comes_with_another_bundle_is_granted_its_name_by_that(
    office: OpsOffice,
) -> None:
    await told(office, activation())
    other = "5c784223-90ad-4add-b9c2-1c2d3e4f5a6b"
    await told(office, activation(token="another", activation_id=other))
    for token, by in ((TOKEN, ACTIVATION), ("another", other)):
        assert (await claim(office, "till-hb1", 1, token))[0] == 201
        _, shown = await office.ask("GET", "kiosks/till-hb1")
        assert (shown["grant"]["activation_id"], shown["standing"]) == (by, "pending")


async def test_the_same_activation_again_changes_nothing_and_another_is_refused(
    office: OpsOffice,
) -> None:
    body = activation()
    await told(office, body)
    await told(office, body)
    for other in (activation("till-hb3"), activation(token="another")):
        status, refusal = await office.ask(
            "POST", "activations", {**other, "expires_at": body["expires_at"]}
        )
        assert (status, refusal["code"]) == (409, "kiosk_taken")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"venue_id": "nowhere"}, 404, "venue_unknown"),
        ({"kiosk_ids": ["till-om1"]}, 409, "kiosk_unknown"),
        ({"kiosk_ids": ["till-hb1", "till-hb9"]}, 409, "kiosk_unknown"),
        ({"kiosk_ids": []}, 422, "body_invalid"),
        ({"enrolment_token_sha256": "secret"}, 422, "body_invalid"),
        ({"activation_id": "x"}, 422, "body_invalid"),
    ],
)
async def test_an_activation_that_can_not_be_is_refused(
    office: OpsOffice, change: dict[str, Any], status: int, code: str
) -> None:
    found, refusal = await office.ask("POST", "activations", activation(**change))
    assert (found, refusal["code"]) == (status, code)
    assert (await office.ask("GET", "activations"))[1]["activations"] == []


async def test_no_second_host_is_expected_for_a_kiosk_that_has_one(office: OpsOffice) -> None:
    await told(office, activation())
    await claim(office, "till-hb1", 1)
    body = activation(
        "till-hb1", token="another", activation_id="5c784223-90ad-4add-b9c2-1c2d3e4f5a6b"
    )
    status, refusal = await office.ask("POST", "activations", body)
    assert (status, refusal["code"]) == (409, "kiosk_in_service")
    assert "kiosk free till-hb1" in refusal["hint"]


async def test_revoked_or_ended_it_enrols_nobody_and_who_was_enrolled_stays(
    office: OpsOffice,
) -> None:
    await told(office, activation())
    assert (await claim(office, "till-hb1", 1))[0] == 201
    for _ in range(2):
        status, standing = await office.ask("POST", f"activations/{ACTIVATION}/revoke")
        assert (status, standing["revoked"], standing["granted"]) == (200, True, ["till-hb1"])
    for answer in (await claim(office, "till-hb1", 1), await office.host(TOKEN, "GET")):
        assert (answer[0], answer[1]["code"]) == (403, "activation_ended")
        assert "revoked" in answer[1]["detail"]
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    other = "5c784223-90ad-4add-b9c2-1c2d3e4f5a6b"
    ended = activation("till-hb2", token="another", activation_id=other, expires_at=past)
    await told(office, ended)
    status, refusal = await claim(office, "till-hb2", 2, "another")
    assert (status, refusal["code"]) == (403, "activation_ended")
    assert "it ended at" in refusal["detail"]
    status, refusal = await office.ask("POST", "activations/none/revoke")
    assert (status, refusal["code"]) == (404, "activation_unknown")


@pytest.mark.parametrize("token", ["", "guess", TOKEN.upper()])
async def test_nobody_without_the_token_learns_a_name(office: OpsOffice, token: str) -> None:
    await told(office, activation())
    for answer in (await office.host(token, "GET"), await claim(office, "till-hb1", 1, token)):
        assert answer[0] == 401
    async with office.http.get("/v1/enrolment") as answer_without:
        assert answer_without.status == 401
    twice = [(ENROLMENT_TOKEN_HEADER, TOKEN), (ENROLMENT_TOKEN_HEADER, TOKEN)]
    async with office.http.get("/v1/enrolment", headers=twice) as answer_twice:
        assert answer_twice.status == 401
    assert await free(office) == (["till-hb1", "till-hb2"], None)


@pytest.mark.parametrize(
    "body", [{"kiosk_id": "till-hb1", "host_id": "mine"}, {"host_id": host(1)}]
)
async def test_a_claim_that_says_too_little_is_refused(
    office: OpsOffice, body: dict[str, str]
) -> None:
    await told(office, activation())
    status, refusal = await office.host(TOKEN, "POST", "/claims", body)
    assert (status, refusal["code"]) == (422, "body_invalid")


async def test_grants_outlive_the_service(office: OpsOffice, tmp_path: Path) -> None:
    await told(office, activation())
    await claim(office, "till-hb1", 1)
    await office.fleet.kill()
    async with ops_office(tmp_path) as again:
        assert (await claim(again, "till-hb1", 2))[1]["code"] == "kiosk_taken"
        assert (await claim(again, "till-hb1", 1))[0] == 201


OTHER = "5c784223-90ad-4add-b9c2-1c2d3e4f5a6b"


async def test_a_bundle_enrols_at_no_other_venue_that_plans_its_kiosks_later(
    office: OpsOffice,
) -> None:
    await told(office, activation())
    await office.open(venue("harbour-hall", "HB2", "HB3"), venue("old-mill", "OM1", "HB1"))
    assert await free(office) == (["till-hb2"], None)
    status, refusal = await claim(office, "till-hb1", 1)
    assert (status, refusal["code"]) == (409, "kiosk_unknown")
    _, shown = await office.ask("GET", "venues/old-mill")
    assert [one["standing"] for one in shown["kiosks"]] == ["expected", "expected"]


async def test_no_second_activation_has_a_token_that_is_known(office: OpsOffice) -> None:
    await told(office, activation())
    body = activation("till-om1", activation_id=OTHER, venue_id="old-mill")
    status, refusal = await office.ask("POST", "activations", body)
    assert (status, refusal["code"]) == (409, "kiosk_taken")
    assert "belongs to one activation" in refusal["detail"]
    assert await free(office) == (["till-hb1", "till-hb2"], None)
    assert [
        one["activation_id"] for one in (await office.ask("GET", "activations"))[1]["activations"]
    ] == [ACTIVATION]


async def test_a_kiosk_that_its_activation_is_not_for_is_not_granted(
    office: OpsOffice,
) -> None:
    await told(office, activation("till-hb1"))
    status, refusal = await claim(office, "till-hb2", 1)
    assert (status, refusal["code"]) == (409, "kiosk_unknown")
    assert "till-hb2 is none of till-hb1" in refusal["detail"]


async def test_a_kiosk_that_has_a_host_without_a_grant_is_not_granted(
    office: OpsOffice, tmp_path: Path
) -> None:
    await told(office, activation())
    async with open_store(place_of(tmp_path / "fleet.db"), FLEET_SERVICE) as store:
        workspace = Workspace(store)
        known = await workspace.fetch(KioskRecord, "till-hb1")
        assert known is not None
        workspace.put(known.model_copy(update={"standing": Standing.ACTIVE}), "till-hb1")
        await workspace.commit()
    assert await free(office) == (["till-hb2"], None)
    status, refusal = await claim(office, "till-hb1", 1)
    assert (status, refusal["code"]) == (409, "kiosk_in_service")
    assert "till-hb1 is active" in refusal["detail"]


async def in_pieces(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 1024):
        yield b" " * 1024


@pytest.mark.parametrize("path", ["/v1/sessions", "/v1/enrolment/claims"])
@pytest.mark.parametrize(("size", "status"), [(16 * 1024, 400), (17 * 1024, 413)])
async def test_a_stranger_s_body_is_read_to_a_small_end(
    office: OpsOffice, path: str, size: int, status: int
) -> None:
    headers = {ENROLMENT_TOKEN_HEADER: TOKEN}
    for body in (b" " * size, in_pieces(size)):
        async with office.http.post(path, data=body, headers=headers) as answer:
            assert answer.status == status


async def test_without_a_token_the_body_of_a_claim_is_not_looked_at(office: OpsOffice) -> None:
    async with office.http.post("/v1/enrolment/claims", data=b"{") as answer:
        assert answer.status == 401
