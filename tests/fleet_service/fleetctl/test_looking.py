"""What an operator sees by `fleetctl`."""

import asyncio
import json
import os
import re
import signal
import sys
from typing import Any

import pytest

from fleet_service.fleetctl import main
from fleet_service.instances.service import REMEMBERED_S
from tests.fleet_service.fleetctl.conftest import Operator
from tests.support.external_instance import until
from tests.support.fleet_tasks import heard_by_all
from tests.support.operators import venue


async def down(operator: Operator) -> dict[str, Any]:
    """Have a kiosk whose screen is black, and its alarm; return that."""
    host = await operator.hall.enrolled()
    headers = await host.opens()
    await host.report(headers, queued=4, parked=1, ui={"source": "none"})

    async def opened() -> Any:
        found = await operator.reads("alarm", "list", "--cause", "parked")
        return found[0] if found else None

    alarm: dict[str, Any] = await until(opened, "an alarm")
    await heard_by_all(operator.hall.office.fleet, REMEMBERED_S)
    return alarm


async def test_kiosks_are_listed_problems_first_with_why(operator: Operator) -> None:
    await down(operator)
    out, _ = await operator.types("kiosk", "list")
    titles, first, *others = out.splitlines()
    assert titles.split() == ["KIOSK", "VENUE", "STATE", "WHY", "UNSETTLED", "RELEASE", "REPORT"]
    assert first.split()[:2] == ["till-hb1", "harbour-hall"]
    assert "ui down" in first
    assert "no kiosk UI answers keys" in first
    assert "4+1 stuck" in first
    assert [line.split()[0] for line in others] == ["till-hb2"]
    assert [one["kiosk_id"] for one in await operator.reads("kiosk", "list")] == [
        "till-hb1",
        "till-hb2",
    ]
    only = await operator.reads("kiosk", "list", "--state", "expected", "--venue", "harbour-hall")
    assert [one["kiosk_id"] for one in only] == ["till-hb2"]
    _, err = await operator.types("kiosk", "list", "--state", "fine", status=1)
    assert "state: it is one of expected, pending, well" in err


async def test_a_kiosk_is_shown_with_its_sides_and_how_it_came_there(operator: Operator) -> None:
    await down(operator)
    out, _ = await operator.types("kiosk", "show", "till-hb1")
    assert "4 queued, 1 parked, 0 in quarantine" in out
    assert "docs/runbooks/parked.md" in out
    assert "ui down" in out[out.index("SINCE") :]
    detail = await operator.reads("kiosk", "show", "till-hb1")
    assert detail["instance"]["report"]["queued"] == 4
    _, err = await operator.types("kiosk", "show", "till/../x", status=1)
    assert err.startswith("fleetctl: ")
    assert "no such kiosk" in err


async def test_the_status_says_whether_somebody_has_to_act(operator: Operator) -> None:
    out, _ = await operator.types("status")
    assert "no alarms" in out
    await down(operator)
    out, _ = await operator.types("status")
    assert out.splitlines()[0] == "1 ui down, 1 expected"
    assert "harbour-hall.till-hb1.parked" in out
    assert re.search("^till-hb1 ", out, re.MULTILINE)
    assert "till-hb2" not in out, "nobody has to do anything there"
    told = await operator.reads("status")
    assert told["states"] == {"ui_down": 1, "expected": 1}
    assert "parked" in {one["cause"] for one in told["alarms"]}


async def test_venues_are_listed_and_shown(operator: Operator) -> None:
    await operator.hall.office.open(venue("arena", "AR1", contact="+49 40 555"))
    await down(operator)
    out, _ = await operator.types("venue", "list")
    assert [line.split()[0] for line in out.splitlines()[1:]] == ["harbour-hall", "arena"]
    assert "1 ui down, 1 expected" in out
    assert "+49 40 555" in out
    out, _ = await operator.types("venue", "show", "harbour-hall")
    assert "till-hb1  ui down" in out
    told = await operator.reads("venue", "show", "arena")
    assert [one["kiosk_id"] for one in told["kiosks"]] == ["till-ar1"]


async def test_alarms_are_seen_to_and_silenced(operator: Operator) -> None:
    alarm = await down(operator)
    alarm_id = alarm["alarm_id"]
    out, _ = await operator.types("alarm", "list")
    assert "nobody yet" in out
    assert "docs/runbooks/parked.md" in out
    await operator.types("alarm", "acknowledge", alarm_id, "--note", "on my way")
    out, _ = await operator.types("alarm", "list", "--cause", "parked")
    assert "on my way" in out
    out, _ = await operator.types("alarm", "silence", alarm_id, "4h", "the plug was pulled")
    assert f"fleetctl silence end {alarm_id}" in out
    await operator.types("venue", "silence", "harbour-hall", "30m", "building works")
    scopes = [one["scope"] for one in await operator.reads("silence", "list")]
    assert sorted(scopes) == sorted([alarm_id, "venue:harbour-hall"])
    for scope in scopes:
        await operator.types("silence", "end", scope)
    assert await operator.reads("silence", "list") == []
    _, err = await operator.types("alarm", "silence", alarm_id, "soon", "x", status=1)
    assert "'soon' is no length of time" in err
    assert "30m" in err
    _, err = await operator.types("alarm", "silence", alarm_id, "8d", "x", status=1)
    assert "until" in err
    _, err = await operator.types("alarm", "acknowledge", "a.b.c", status=1)
    assert "alarm" in err


async def test_what_is_watched_is_told_when_it_changes(operator: Operator) -> None:
    host = await operator.hall.enrolled()
    headers = await host.opens()
    watching = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "fleet_service.fleetctl", "kiosk", "list", "--watch", "1", "--json"),
        env={
            **os.environ,
            "FLEETCTL_URL": operator.hall.office.fleet.url,
            "FLEETCTL_TOKEN_FILE": str(operator.folder / "token"),
        },
        stdout=asyncio.subprocess.PIPE,
        limit=1_000_000,
    )
    assert watching.stdout is not None
    states = [json.loads(await watching.stdout.readline())[0]["state"]]
    await host.report(headers, ui={"source": "none"})
    while states[-1] != "ui_down":
        states.append(json.loads(await watching.stdout.readline())[0]["state"])
    watching.send_signal(signal.SIGINT)
    assert await watching.wait() == 130


async def test_watching_more_often_than_lists_are_made_is_refused(operator: Operator) -> None:
    _, err = await operator.types("status", "--watch", "0.1", status=1)
    assert "once a second" in err


async def test_any_path_can_be_asked_for(operator: Operator) -> None:
    out, _ = await operator.types("api", "GET", "/v1/venues")
    assert json.loads(out)["total"] == 2
    body = json.dumps({"until": "2020-01-01T00:00:00Z", "reason": "x"})
    path = "/v1/venues/harbour-hall/silence"
    _, err = await operator.types("api", "POST", path, "--body", body, status=1)
    assert err.startswith("fleetctl: ")
    _, err = await operator.types("api", "POST", path, "--body", "{", status=1)
    assert "--body is no JSON" in err
    _, err = await operator.types("api", "GET", "v1/venues", status=1)
    assert "no path" in err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--url", ""], "Say --url, or set FLEETCTL_URL."),
        (["--url", "http://fleet.example.com"], "is plain http"),
        (["--url", "http://127.0.0.1:1"], "fleet service at http://127.0.0.1:1 does not answer"),
        (["--token-file", ""], "set FLEETCTL_TOKEN_FILE"),
    ],
)
async def test_what_is_missing_is_said(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, words: list[str], says: str
) -> None:
    monkeypatch.delenv("FLEETCTL_URL", raising=False)
    before = ["--url", operator.hall.office.fleet.url, "--token-file", f"{operator.folder}/token"]
    operator.capsys.readouterr()
    assert await asyncio.to_thread(main, ["status", *before, *words]) == 1
    assert says in operator.capsys.readouterr().err
