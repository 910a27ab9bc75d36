"""Commands to hosts whose agent is away: our own document, by a real region, once each."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from fleet_service.commands.said import outcome_of
from kiosk_contracts.commands import CommandEnd
from kiosk_contracts.host_document import HOST_DOCUMENT
from provisioning.documents.ssm import Documents
from tests.support.enrolled import Hall, Host, hall_of
from tests.support.region import RunningRegion, running_region

KIOSK = "till-hb1"
PATH = f"kiosks/{KIOSK}/commands"


@pytest.fixture(scope="module")
def region() -> Iterator[RunningRegion]:
    with running_region() as running:
        Documents(running.client("ssm")).put()
        yield running


@pytest.fixture
async def host(tmp_path: Path, region: RunningRegion) -> AsyncIterator[Host]:
    async with hall_of(tmp_path, region, run_commands=True) as opened:
        yield await opened.enrolled()


@pytest.fixture
async def headers(host: Host) -> dict[str, str]:
    """Have the host be the kiosk; return what its requests carry."""
    return await host.opens()


@pytest.fixture
def hall(host: Host, headers: dict[str, str]) -> Hall:
    assert headers
    return host.hall


async def order(hall: Hall, kind: str, **more: Any) -> tuple[int, Any]:
    body = {"command_id": str(uuid4()), "kind": kind, "way": "ssm", **more}
    return await hall.office.ask("POST", PATH, body)


def sent(hall: Hall, command_id: str) -> list[Any]:
    """Return what Systems Manager was given of a command."""
    told = hall.region.admin("GET", "run-command")["invocations"]
    return [one for one in told if one["parameters"]["commandId"] == [command_id]]


def ends(hall: Hall, command_id: str, **said: Any) -> None:
    """Let the host's SSM agent have run it."""
    [one] = sent(hall, command_id)
    known = {name: one[name] for name in ("command_id", "instance_id")}
    hall.region.admin("POST", "run-command", known | said)


async def stands(hall: Hall, command_id: str) -> Any:
    status, told = await hall.office.ask("GET", f"{PATH}/{command_id}")
    assert status == 200, told
    return told


def says(end: str, why: str, content: str = "", kind: str = "") -> str:
    return json.dumps({"end": end, "why": why, "content_type": kind}) + "\n" + content


async def test_a_host_runs_our_document_and_what_it_says_is_the_outcome(hall: Hall) -> None:
    status, told = await order(hall, "logs", source="ssm", lines=7)
    assert (status, told["state"]) == (201, "fetched"), told
    command_id = told["command_id"]
    [one] = sent(hall, command_id)
    assert one["document"] == HOST_DOCUMENT
    assert one["parameters"] == {
        "kind": ["logs"],
        "commandId": [command_id],
        "forced": ["no"],
        "source": ["ssm"],
        "lines": ["7"],
    }
    assert (await stands(hall, command_id))["state"] == "fetched"
    ends(hall, command_id, output=says("done", "7 lines", "one\n\x1b[1mtwo\n", "text/plain"))
    told = await stands(hall, command_id)
    assert (told["state"], told["why"], told["content_bytes"]) == ("done", "7 lines", 8)
    assert (await stands(hall, command_id))["ended_at"] == told["ended_at"]


async def test_what_goes_by_systems_manager_the_agent_is_not_told(
    hall: Hall, host: Host, headers: dict[str, str]
) -> None:
    _, told = await order(hall, "doctor")
    async with hall.office.http.post(
        "/v1/heartbeats", json=host_report(host), headers=headers
    ) as answer:
        assert answer.status == 200, await answer.text()
        assert (await answer.json())["commands"] == []
    assert (await stands(hall, told["command_id"]))["state"] == "fetched"


def host_report(host: Any) -> dict[str, Any]:
    figures = dict.fromkeys(("last_sequence", "queued", "parked", "quarantined"), 0)
    return {
        "kiosk_id": KIOSK,
        "journal_id": str(host.journal_id),
        "epoch": 1,
        "agent_version": "0.1.0",
        "device_time": "2026-11-27T12:00:00Z",
        **figures,
    }


async def test_the_same_asked_again_is_sent_once(hall: Hall) -> None:
    body = {"command_id": str(uuid4()), "kind": "reboot", "way": "ssm"}
    first = await hall.office.ask("POST", PATH, body)
    again = await hall.office.ask("POST", PATH, body)
    assert first == again
    assert len(sent(hall, body["command_id"])) == 1


async def test_one_that_was_not_taken_is_sent_when_it_is_asked_again(
    hall: Hall, region: RunningRegion
) -> None:
    body = {"command_id": str(uuid4()), "kind": "reboot", "way": "ssm"}
    # As often as botocore tries.
    region.fault(service="ssm", operation="SendCommand", kind="throttle", times=3)
    status, told = await hall.office.ask("POST", PATH, body)
    assert (status, told["code"]) == (503, "ssm_away"), told
    assert (await stands(hall, body["command_id"]))["state"] == "waiting"
    status, told = await hall.office.ask("POST", PATH, body)
    assert (status, told["state"]) == (201, "fetched")
    assert len(sent(hall, body["command_id"])) == 1


@pytest.mark.parametrize("kind", ["drain", "end_drain", "restart_ui"])
async def test_what_a_host_does_not_do_without_its_agent_is_refused(hall: Hall, kind: str) -> None:
    status, told = await order(hall, kind)
    assert (status, told["code"]) == (422, "body_invalid")
    assert "a host does doctor, logs, reboot without its agent" in told["detail"]


async def test_where_it_is_not_set_nothing_goes_this_way(
    tmp_path: Path, region: RunningRegion
) -> None:
    async with hall_of(tmp_path, region) as opened:
        await (await opened.enrolled()).opens()
        status, told = await order(opened, "reboot")
        assert (status, told["code"]) == (422, "body_invalid")
        _, listed = await opened.office.ask("GET", PATH)
        assert listed["commands"] == []


async def test_what_a_host_brings_in_no_form_of_ours_leaves_its_words(hall: Hall) -> None:
    _, told = await order(hall, "doctor")
    ends(hall, told["command_id"], output=says("done", "<b>well", "<p>", "text/html"))
    told = await stands(hall, told["command_id"])
    assert (told["state"], told["why"], told["content_type"]) == ("done", "\u2039b\u203awell", "")


@pytest.mark.parametrize(
    ("told", "end", "why"),
    [
        ({"Status": "Pending"}, None, ""),
        ({"Status": "InProgress", "StandardOutputContent": says("done", "x")}, None, ""),
        ({"Status": "Failed", "StandardOutputContent": says("refused", "busy")}, "refused", "busy"),
        ({"Status": "Success", "StandardOutputContent": "hello"}, "failed", "may have been done"),
        ({"Status": "Success", "StandardOutputContent": says("perhaps", "")}, "failed", "may have"),
        (
            {"Status": "TimedOut", "StatusDetails": "Delivery Timed Out"},
            "refused",
            "could not deliver it",
        ),
        ({"Status": "TimedOut", "StatusDetails": "Execution Timed Out"}, "failed", "may have been"),
    ],
)
def test_what_systems_manager_tells_is_read_with_care(
    told: dict[str, Any], end: str | None, why: str
) -> None:
    found = outcome_of(told)
    if end is None:
        assert found is None
    else:
        assert found is not None
        assert found.end is CommandEnd(end)
        assert why in found.why
