"""Commands to hosts whose agent is away: our own document, by a real region, once each."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from fleet_service.commands.by_ssm import CommandsBySsm
from fleet_service.commands.ports import SentCommand
from fleet_service.commands.said import outcome_of
from fleet_service.commands.service import Commands
from fleet_service.kiosks.ports import AnswerLostError
from fleet_service.sessions.ports import RegisteredKiosk
from kiosk_contracts.commands import (
    CommandEnd,
    CommandKind,
    CommandState,
    CommandToRun,
    CommandWay,
    NewCommand,
)
from kiosk_contracts.host_document import HOST_DOCUMENT
from kiosk_contracts.problem import ProblemError
from provisioning.documents.ssm import Documents
from tests.support.enrolled import Hall, Host, hall_of
from tests.support.fleet import FakeFleetClock
from tests.support.region import RunningRegion, running_region
from tests.support.stores import ADAPTERS

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


async def test_of_a_host_that_systems_manager_does_not_know_nobody_says_that_it_may_be_told(
    hall: Hall, host: Host
) -> None:
    hall.region.client("ssm").deregister_managed_instance(InstanceId=host.instance_id)
    body = {"command_id": str(uuid4()), "kind": "reboot", "way": "ssm"}
    status, told = await hall.office.ask("POST", PATH, body)
    assert (status, told["code"]) == (503, "ssm_away"), told
    assert (
        told["detail"]
        == f"Systems Manager knows no {host.instance_id}. Nothing was sent this time."
    )
    told = await stands(hall, body["command_id"])
    assert told["state"] == "waiting"
    assert told["why"] == "it was not sent yet: ask for the same again, and it is sent"
    status, told = await hall.office.ask("DELETE", f"{PATH}/{body['command_id']}")
    assert (status, told["why"]) == (200, "settings withdrew it")


@pytest.mark.parametrize(("expires_in_s", "status"), [(3600, 201), (3601, 422)])
async def test_a_reboot_that_nobody_may_look_at_again_has_an_end_soon(
    hall: Hall, expires_in_s: int, status: int
) -> None:
    answered, told = await order(hall, "reboot", expires_in_s=expires_in_s)
    assert answered == status, told
    if status == 201:
        return
    assert told["code"] == "body_invalid"
    assert told["detail"].startswith("expires_in_s: a reboot by Systems Manager has 3600 s at most")
    assert "3600" in told["hint"]
    _, listed = await hall.office.ask("GET", PATH)
    assert listed["commands"] == []


async def test_what_leaves_the_screen_alone_may_have_longer(hall: Hall) -> None:
    assert (await order(hall, "logs", expires_in_s=86_400))[0] == 201


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


async def test_what_is_withdrawn_systems_manager_delivers_no_more(hall: Hall) -> None:
    _, told = await order(hall, "reboot")
    path = f"{PATH}/{told['command_id']}"
    for _ in range(2):
        status, told = await hall.office.ask("DELETE", path)
        assert status in {200, 409}, told
        assert [one["status"] for one in sent(hall, path.rpartition("/")[2])] == ["Cancelled"]
    told = await stands(hall, path.rpartition("/")[2])
    assert told["state"] == "refused"
    assert told["why"] == (
        "Systems Manager took it back before its host began it; settings had withdrawn it"
    )


async def test_what_systems_manager_does_not_take_back_is_asked_again(
    hall: Hall, region: RunningRegion
) -> None:
    _, told = await order(hall, "reboot")
    command_id = told["command_id"]
    region.fault(service="ssm", operation="CancelCommand", kind="throttle", times=3)
    status, told = await hall.office.ask("DELETE", f"{PATH}/{command_id}")
    assert (status, told["code"]) == (503, "ssm_away")
    assert "its host may be told of it all the same" in told["detail"]
    told = await stands(hall, command_id)
    assert told["state"] == "withdrawn"
    assert "may have been done" in told["why"]
    assert (await hall.office.ask("DELETE", f"{PATH}/{command_id}"))[0] == 200
    assert [one["status"] for one in sent(hall, command_id)] == ["Cancelled"]


async def test_what_was_done_before_it_could_be_withdrawn_says_so(hall: Hall) -> None:
    _, told = await order(hall, "doctor")
    ends(hall, told["command_id"], output=says("done", "well"))
    status, refused = await hall.office.ask("DELETE", f"{PATH}/{told['command_id']}")
    assert (status, refused["code"]) == (409, "command_ended")
    assert (await stands(hall, told["command_id"]))["why"] == "well"


class Runner:
    """Systems Manager, as a test has it answer."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int]] = []
        self.cancelled: list[SentCommand] = []
        self.meanwhile: Callable[[], Awaitable[object]] | None = None
        self.while_it_looks: Callable[[], Awaitable[object]] | None = None

    async def find(self, _instance_id: str) -> str:
        if self.while_it_looks is not None:
            await self.while_it_looks()
        return "eu-central-1"

    async def send(
        self, region: str, instance_id: str, command: CommandToRun, within_s: int
    ) -> SentCommand:
        self.sent.append((instance_id, within_s))
        if self.meanwhile is not None:
            await self.meanwhile()
        return SentCommand(f"ssm-{command.command_id}", instance_id, region)

    async def cancel(self, sent: SentCommand) -> None:
        self.cancelled.append(sent)

    async def outcome(self, _sent: SentCommand) -> None:
        return None


@dataclass
class Desk:
    """Commands in a store, and Systems Manager."""

    commands: Commands
    clock: FakeFleetClock
    runner: Runner = field(default_factory=Runner)

    def __post_init__(self) -> None:
        self.by_ssm = CommandsBySsm(self.commands, self.clock, self.runner)

    async def ordered(self) -> str:
        wanted = NewCommand(
            command_id=uuid4(), kind=CommandKind.REBOOT, way=CommandWay.SSM, expires_in_s=60
        )
        await self.commands.order(KIOSK, wanted, "Olga", MI)
        return str(wanted.command_id)


MI = "mi-0000000000000000a"


def kiosk(instance_id: str = MI) -> RegisteredKiosk:
    return RegisteredKiosk(
        kiosk_id=KIOSK,
        kiosk_code="HB1",
        venue_id="hall",
        venue_name="Hall",
        instance_id=instance_id,
    )


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    clock = FakeFleetClock()
    async with ADAPTERS["sqlite"](tmp_path)() as store:
        yield Desk(Commands(store, clock), clock)


@pytest.mark.parametrize(("passed_s", "left_s"), [(0, 60), (30, 30), (30.5, None), (59, None)])
async def test_nothing_is_delivered_after_its_end(
    desk: Desk, passed_s: float, left_s: int | None
) -> None:
    command_id = await desk.ordered()
    desk.clock.advance(passed_s)
    await desk.by_ssm.send(kiosk(), command_id)
    assert desk.runner.sent == ([] if left_s is None else [(MI, left_s)])


async def test_what_has_no_time_left_when_its_host_is_found_is_not_sent(desk: Desk) -> None:
    async def takes_long() -> None:
        desk.clock.advance(20)

    command_id = await desk.ordered()
    desk.clock.advance(20)
    desk.runner.while_it_looks = takes_long
    await desk.by_ssm.send(kiosk(), command_id)
    assert desk.runner.sent == []
    desk.clock.advance(20)
    assert (await desk.commands.get(KIOSK, command_id)).why == "Systems Manager was never asked"


async def test_how_long_a_host_was_looked_for_is_no_time_to_deliver(desk: Desk) -> None:
    async def takes_long() -> None:
        desk.clock.advance(20)

    desk.runner.while_it_looks = takes_long
    await desk.by_ssm.send(kiosk(), await desk.ordered())
    assert desk.runner.sent == [(MI, 40)]


async def test_another_host_of_the_kiosk_is_sent_nothing(desk: Desk) -> None:
    command_id = await desk.ordered()
    await desk.by_ssm.send(kiosk("mi-0000000000000000b"), command_id)
    assert desk.runner.sent == []


async def test_what_is_withdrawn_while_it_is_sent_is_taken_back(desk: Desk) -> None:
    command_id = await desk.ordered()
    desk.runner.meanwhile = lambda: desk.commands.withdraw(KIOSK, command_id, "Ana")
    told = await desk.by_ssm.send(kiosk(), command_id)
    assert told.state is CommandState.WITHDRAWN
    assert [one.ssm_command_id for one in desk.runner.cancelled] == [f"ssm-{command_id}"]


async def test_of_what_was_sent_and_not_kept_nobody_says_that_it_was_not_done(desk: Desk) -> None:
    async def is_lost() -> None:
        raise AnswerLostError("Systems Manager can't be asked: ReadTimeoutError")

    command_id = await desk.ordered()
    desk.runner.meanwhile = is_lost
    with pytest.raises(ProblemError, match="Systems Manager"):
        await desk.by_ssm.send(kiosk(), command_id)
    assert "not known to have taken it" in (await desk.commands.get(KIOSK, command_id)).why
    desk.clock.advance(60)
    assert "may have been done" in (await desk.commands.get(KIOSK, command_id)).why


async def test_of_what_was_never_sent_nobody_says_that_it_may_have_been_done(desk: Desk) -> None:
    command_id = await desk.ordered()
    desk.clock.advance(60)
    told = await desk.commands.get(KIOSK, command_id)
    assert (told.state, told.why) == (CommandState.EXPIRED, "Systems Manager was never asked")


@pytest.mark.parametrize(
    ("told", "end", "why"),
    [
        ({"Status": "Pending"}, None, ""),
        ({"Status": "Cancelled", "ExecutionStartDateTime": ""}, "refused", "took it back before"),
        ({"Status": "Cancelled", "ExecutionStartDateTime": "2026"}, "failed", "may have been"),
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
