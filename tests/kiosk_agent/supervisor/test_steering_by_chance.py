"""The supervisor at a host in memory: whatever happens, a screen answers at the end."""

import asyncio

import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk_agent.supervisor.domain.host import Source
from kiosk_agent.supervisor.services.steering import Steering
from tests.support.simulated_host import RunningUi, SimulatedHost
from tests.support.supervised_host import GOOD, NEW, Supervised, supervised

HAPPENINGS = (
    *("start", "start new", "stop", "kill", "quit", "hang", "late", "unhealthy", "busy", "idle"),
    *("docker", "agent", "agent restarts", "ecs", "power", "crashes", "supervisor", "sockets"),
)
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(HAPPENINGS),
        st.integers(0, 5),
        st.sampled_from([0.25, 1.0, 4.0, 15.0]),
    ),
    max_size=20,
)


def happens(venue: Supervised, what: str, which: int) -> None:
    """Let something happen to the host, or to one of its kiosk UIs."""
    host = venue.host
    ecs = sum(one.seen.source is Source.ECS for one in host.uis.values())
    run = {"start": GOOD, "start new": NEW}
    if what in run and ecs < 3:
        host.run_ui(Source.ECS, run[what])
    elif what in {"docker", "agent", "ecs"}:
        name = f"{what}_away"
        setattr(host, name, "" if getattr(host, name) else "stopped")
    elif what == "crashes":
        host.crashing_images ^= {NEW.image_id}
    elif what == "supervisor":
        venue.steering = Steering(host, host, host, host, host.clock)
    elif what == "power":
        host.power_cut()
    elif what == "agent restarts":
        host.restart_agent()
    elif what == "sockets":
        host.remake_sockets()
    elif host.uis:
        happens_to(host, list(host.uis.values())[which % len(host.uis)], what)


def happens_to(host: SimulatedHost, ui: RunningUi, what: str) -> None:
    """Let something happen to a kiosk UI."""
    if what == "stop":
        host.ask_to_end(ui.seen.container_id)
    elif what == "kill":
        host.end_ui(ui.seen.container_id, 137)
    elif what == "quit":
        host.end_ui(ui.seen.container_id, 0)
    elif what == "hang":
        ui.hangs = True
    elif what == "late":
        ui.lag_ms = 0 if ui.lag_ms else 20_000
    elif what == "unhealthy":
        ui.unhealthy = not ui.unhealthy
    elif what in {"busy", "idle"}:
        ui.busy = "a sale" if what == "busy" else ""


@settings(max_examples=40, deadline=None)
@given(EVENTS)
def test_whatever_happens_once_it_is_over_a_screen_answers(
    happened: list[tuple[str, int, float]],
) -> None:
    async def play() -> None:
        venue = supervised()
        host = venue.host
        for what, which, seconds in happened:
            before = host.answering
            happens(venue, what, which)
            await venue.passes(seconds)
            stays = before is not None and before in host.uis.values() and before.seen.running
            if before is not None and stays and before.busy and not before.hangs:
                # Only who lost sight of it may have moved the screen away from it. Just after the
                # agent's start nobody may have it yet, but nobody else.
                blind = host.agent_away or what == "agent"
                blind = blind or before.sockets_folder != host.sockets_folder
                may = {id(before)} | ({id(None)} if what == "agent restarts" else set())
                assert blind or id(host.answering) in may, venue.why()
        host.docker_away = host.agent_away = ""
        host.crashing_images.clear()
        for one in host.uis.values():
            one.busy = ""
        await venue.passes(150)
        assert venue.answers, venue.why()
        assert host.broken_off == set(), venue.why()
        running = [one for one in host.uis.values() if one.seen.running]
        assert sum(one.seen.source is Source.STANDBY for one in running) <= 1

    with structlog.testing.capture_logs():
        asyncio.run(play())
