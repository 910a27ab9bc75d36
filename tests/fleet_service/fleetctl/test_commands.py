"""Having a kiosk do something by `fleetctl`."""

import asyncio
from datetime import datetime
from uuid import uuid4

import pytest

from fleet_service.fleetctl import commands
from kiosk_contracts.commands import CommandEnd, CommandOutcome, outcome
from tests.fleet_service.fleetctl.conftest import Operator
from tests.support.enrolled import Host


class Kiosk:
    """A kiosk that reports when it is told to, and does what it is asked for."""

    def __init__(self, host: Host, headers: dict[str, str]) -> None:
        self._host, self._headers = host, headers

    async def does(self, kind: str, came: CommandOutcome) -> None:
        """Report until it is asked for something; tell what came of that."""
        while True:
            answer = await self._host.report(self._headers, ui={"source": "ecs", "image": "i"})
            if told := answer.get("commands"):
                break
            await asyncio.sleep(0.05)
        assert told[0]["kind"] == kind
        path = f"/v1/commands/{told[0]['command_id']}/outcome"
        http = self._host.hall.office.http
        async with http.put(path, json=came.to_json(), headers=self._headers) as answered:
            assert answered.status == 204


@pytest.fixture
async def kiosk(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> Kiosk:
    monkeypatch.setattr(commands, "_LOOK_S", 0.1)
    host = await operator.hall.enrolled()
    return Kiosk(host, await host.opens())


async def test_a_log_is_fetched_and_says_nothing_that_a_terminal_obeys(
    operator: Operator, kiosk: Kiosk
) -> None:
    said = b"a line\n\x1b[2Ja trap\n"
    came = outcome(CommandEnd.DONE, "2 lines", content=said, content_type="text/plain")
    typed = asyncio.create_task(operator.types("kiosk", "logs", "till-hb1", "--lines", "2"))
    await kiosk.does("logs", came)
    out, err = await typed
    assert "a line\n" in out
    assert "a trap" in out
    assert "\x1b" not in out
    assert "done: 2 lines" in err


@pytest.mark.parametrize(
    ("kind", "came", "read"),
    [
        (
            "logs",
            outcome(CommandEnd.DONE, content=b"a line\nanother\n", content_type="text/plain"),
            "a line\nanother\n",
        ),
        (
            "doctor",
            outcome(CommandEnd.DONE, content=b'{"faults": []}', content_type="application/json"),
            {"faults": []},
        ),
    ],
)
async def test_programs_get_what_is_brought_back_with_how_it_stands(
    operator: Operator, kiosk: Kiosk, kind: str, came: CommandOutcome, read: object
) -> None:
    typed = asyncio.create_task(operator.reads("kiosk", kind, "till-hb1"))
    await kiosk.does(kind, came)
    told = await typed
    assert (told["state"], told["content"]) == ("done", read)


@pytest.mark.usefixtures("kiosk")
async def test_a_kiosk_is_let_in_nowhere_and_again(operator: Operator) -> None:
    _, err = await operator.types("kiosk", "revoke", "till-hb1", status=1)
    assert "Nobody can be asked here" in err
    out, _ = await operator.types("kiosk", "revoke", "till-hb1", "--yes")
    assert out == ("till-hb1 is let in nowhere; to undo it: fleetctl kiosk restore till-hb1\n")
    assert (await operator.reads("kiosk", "restore", "till-hb1"))["standing"] == "active"
    _, err = await operator.types("kiosk", "revoke", "nobody", "--yes", status=1)
    assert "nobody" in err


async def test_what_is_brought_back_goes_into_a_file_then_or_later(
    operator: Operator, kiosk: Kiosk
) -> None:
    came = outcome(CommandEnd.DONE, content=b"{}", content_type="application/json")
    command_id, file = str(uuid4()), operator.folder / "doctor.json"
    doctor = ("kiosk", "doctor", "till-hb1", "--id", command_id)
    out, err = await operator.types(*doctor, "--no-wait")
    assert command_id in err
    typed = asyncio.create_task(operator.types(*doctor))
    await kiosk.does("doctor", came)
    assert "{}" in (await typed)[0]
    out, _ = await operator.types("command", "show", "till-hb1", command_id, "--write", str(file))
    assert f"2 bytes are in {file}" in out
    assert file.read_bytes() == b"{}"
    assert len(await operator.reads("command", "list", "till-hb1")) == 1, "it was asked for once"


async def test_a_reboot_that_is_refused_says_why_and_ends_with_1(
    operator: Operator, kiosk: Kiosk
) -> None:
    _, err = await operator.types("kiosk", "reboot", "till-hb1", status=1)
    assert "--yes" in err
    assert await operator.reads("command", "list", "till-hb1") == []
    typed = asyncio.create_task(operator.types("kiosk", "reboot", "till-hb1", "--yes", status=1))
    await kiosk.does("reboot", outcome(CommandEnd.REFUSED, "somebody is served there"))
    _, err = await typed
    assert "refused: somebody is served there" in err
    out, _ = await operator.types("command", "list", "till-hb1")
    assert "refused" in out.splitlines()[1]


@pytest.mark.usefixtures("kiosk")
async def test_a_command_that_nobody_fetches_is_withdrawn(operator: Operator) -> None:
    command_id = str(uuid4())
    drain = ("kiosk", "drain", "till-hb1", "--yes", "--no-wait", "--id", command_id)
    await operator.types(*drain, "--reason", "it moves")
    out, _ = await operator.types("command", "show", "till-hb1", command_id)
    assert "waiting" in out
    assert "it moves" in out
    told = await operator.reads("command", "show", "till-hb1", command_id)
    until = f"{datetime.fromisoformat(told['expires_at']):%Y-%m-%d %H:%M:%S}Z"
    out, _ = await operator.types("command", "list", "till-hb1")
    assert out.splitlines()[0].rstrip().endswith("UNTIL")
    assert until in out.splitlines()[1], "it may be done until then"
    await operator.types("command", "withdraw", "till-hb1", command_id)
    told = await operator.reads("command", "show", "till-hb1", command_id)
    assert told["state"] == "withdrawn"
    out, _ = await operator.types("command", "list", "till-hb1")
    assert until not in out, "it has no time left"


@pytest.mark.usefixtures("kiosk")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("kiosk", "logs", "till-hb1", "--lines", "0"), "lines"),
        (("kiosk", "logs", "till-hb1", "--expires", "8d"), "expires_in_s"),
        (("kiosk", "doctor", "till-hb1", "--id", "x"), "x is the id of no command"),
        (("kiosk", "support-bundle", "till-hb1", "--recipient", "bob"), "recipient"),
        (("kiosk", "logs", "nobody"), "kiosk"),
        (("command", "show", "till-hb1", str(uuid4())), "command"),
    ],
    ids=["lines", "expires", "id", "recipient", "kiosk", "unknown"],
)
async def test_what_is_wrong_is_said(operator: Operator, words: tuple[str, ...], says: str) -> None:
    _, err = await operator.types(*words, status=1)
    assert says in err
