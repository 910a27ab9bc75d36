"""The health check of the UI's container: the event loop answers, or it does not."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kiosk_ui import health
from kiosk_ui.agent_client import AgentClient
from kiosk_ui.agent_link import AgentLink, LinkEvents
from kiosk_ui.answering import answering
from kiosk_ui.settings import UiSettings
from tests.support.clock import FakeClock
from tests.support.ui_agent import UiAgent
from tests.support.ui_till import AgentClock, Till, app_of, open_till

ROOT = Path(__file__).parents[2]


@pytest.fixture
def name(tmp_path: Path) -> str:
    """Return a name of this test's own: all tests here share one network."""
    return f"test-{os.getpid()}-{tmp_path.name}"[:64]


@asynccontextmanager
async def ui(agent: UiAgent, name: str, clock: FakeClock | None = None) -> AsyncIterator[Till]:
    """Run a UI that answers at a name."""
    settings = UiSettings(socket=agent.socket_path, health=name)
    async with open_till(agent, app=app_of(settings, AgentClock(clock or FakeClock()))) as till:
        yield till


def unconnected_link(folder: Path, clock: FakeClock) -> AgentLink:
    events = LinkEvents(lambda: None, lambda: None)
    return AgentLink(AgentClient(folder / "none.sock"), AgentClock(clock), events)


async def probe(name: str) -> tuple[int, str]:
    """Run the check as Docker does; return its exit status and what it says."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-S", "-m", "kiosk_ui.health"),
        cwd=ROOT,
        env={"KIOSK_UI_HEALTH": name},
        stdout=subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode().strip()


async def test_a_ui_that_runs_with_its_agent_is_healthy(agent: UiAgent, name: str) -> None:
    async with ui(agent, name):
        assert await probe(name) == (0, "the UI answers")
    assert await probe(name) == (1, "the UI is not there: Connection refused")


async def test_a_ui_without_a_name_answers_nobody(agent: UiAgent) -> None:
    async with open_till(agent):
        assert (await probe(""))[0] == 1


async def test_a_second_ui_of_the_same_name_shows_its_screen_all_the_same(
    agent: UiAgent, name: str
) -> None:
    async with ui(agent, name), ui(agent, name) as second:
        await second.sign_in()
        assert await probe(name) == (0, "the UI answers")


async def test_an_agent_that_is_away_for_long_makes_it_unhealthy_until_it_is_back(
    agent: UiAgent, name: str
) -> None:
    clock = FakeClock()
    async with ui(agent, name, clock) as till:
        await till.says("ONLINE since")
        clock.advance(500)
        await agent.go_away()
        await till.says("NO AGENT since")
        assert await probe(name) == (0, "the UI answers")
        clock.advance(61)
        assert await probe(name) == (1, "the UI runs, but has had no agent for 61 s")
        await agent.come_back()
        await till.says("ONLINE since")
        assert await probe(name) == (0, "the UI answers")


def test_a_ui_that_never_found_its_agent_is_away_from_the_beginning(tmp_path: Path) -> None:
    clock = FakeClock()
    link = unconnected_link(tmp_path, clock)
    clock.advance(7.9)
    assert link.away_s == 7


async def test_a_blocked_event_loop_is_found_though_its_socket_is_open(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with answering(name, unconnected_link(tmp_path, FakeClock()), print):
        # Asked in the loop's own thread, so the loop can't turn meanwhile.
        monkeypatch.setattr(health, "PATIENCE_S", 0.2)
        healthy, words = health.judge(health.ask(name))
        assert (healthy, words) == (False, "the UI does not answer within 0.2 s: it hangs")
        # A loop that turns answers, however busy the machine is.
        monkeypatch.setattr(health, "PATIENCE_S", 60)
        assert await asyncio.to_thread(health.ask, name) == "0\n"


@pytest.mark.parametrize(
    ("answer", "healthy"),
    [("60\n", True), ("61\n", False), ("", False), ("soon\n", False), ("-1\n", False)],
)
def test_what_counts_as_healthy(answer: str, healthy: bool) -> None:  # noqa: FBT001
    assert health.judge(answer)[0] is healthy


def test_the_check_reads_nothing_that_takes_long() -> None:
    code = "import sys, kiosk_ui.health; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"asyncio", "textual", "pydantic", "json", "argparse"} & set(loaded)
    assert [one for one in loaded if one.startswith("kiosk_")] == ["kiosk_ui", "kiosk_ui.health"]
