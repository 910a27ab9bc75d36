"""`kiosk-agent update-lock`: at a running agent, that is killed meanwhile."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import aiohttp
import pytest

from kiosk_agent.cli.update_lock import end_at, end_of
from kiosk_contracts.problem import ProblemError
from tests.support.agent_process import command, kiosk_folder, running_agent
from tests.support.far_side import FarSide

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC).astimezone()


async def test_it_is_set_shown_reported_kept_over_a_sigkill_and_lifted() -> None:
    async with FarSide() as far:
        with kiosk_folder(far.url) as folder:
            async with running_agent(folder) as agent:
                none = await command(folder, "update-lock", "show")
                words = ("set", "--for", "2h", "--why", "doors")
                given = await command(folder, "update-lock", *words, "--json")
                agent.kill()
            down = await command(folder, "status")
            at_rest = await command(folder, "update-lock", "show")
            async with running_agent(folder) as agent:
                shown = await command(folder, "update-lock", "show", "--json")
                status = await command(folder, "status", "--json")
                screens = await _screens(folder.path / "admin.sock")
                await far.until(lambda: far.heartbeats[-1].get("update_lock") is not None)
                reported = far.heartbeats[-1]
                lifted = await command(folder, "update-lock", "lift")
                again = await command(folder, "update-lock", "lift")
                refused = await command(folder, "update-lock", "set", "--for", "13h", "--why", "x")
                await agent.stop()
    assert none.out == "No update lock is in force.\n"
    lock = given.json()["update_lock"]
    assert (lock["why"], lock["by"], lock["by_id"]) == ("doors", "command line", None)
    assert "  update    none until " in down.out
    assert (at_rest.status, at_rest.out) == (3, "")
    told = (shown.json(), status.json(), screens, reported)
    assert [one["update_lock"] for one in told] == [lock] * 4
    assert reported["screen"]["holder"] == ""
    assert lifted.out.startswith("Lifted; it was: none until ")
    assert again.out == "There was none to lift.\n"
    assert refused.status != 0
    assert "That is too long without an update" in refused.err


async def _screens(socket: Any) -> Any:
    connector = aiohttp.UnixConnector(str(socket))
    async with (
        asyncio.timeout(30),
        aiohttp.ClientSession("http://agent", connector=connector) as http,
        http.get("/v1/screens") as answer,
    ):
        return await answer.json()


@pytest.mark.parametrize(("text", "minutes"), [("2h", 120), ("90m", 90), ("1h30m", 90)])
def test_a_length_is_read(text: str, minutes: int) -> None:
    assert end_of(text, NOW) == NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["", "2", "h", "0h", "-1h", "2h ago", "1d", "\u0662h"])
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(ProblemError, match="no length of time"):
        end_of(text, NOW)


def test_a_time_of_day_is_the_next_one_and_a_whole_time_is_itself() -> None:
    later, earlier = NOW + timedelta(hours=1), NOW - timedelta(hours=1)
    assert end_at(later.strftime("%H:%M"), NOW) == later
    assert end_at(earlier.strftime("%H:%M"), NOW) == earlier + timedelta(days=1)
    named = datetime(2026, 11, 27, 22, 30, tzinfo=timezone(timedelta(hours=1)))
    assert end_at("2026-11-27T22:30+01:00", NOW) == named


@pytest.mark.parametrize("text", ["25:00", "soon", "", "22:30+01:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ProblemError, match="is no time"):
        end_at(text, NOW)
