"""What can be told of a kiosk whose agent is down, from its journal alone."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from kiosk_agent.adapters.disk_room import StateDirRoom
from kiosk_agent.adapters.drain_mark import LEFT_NAME, RETIRED_NAME, FileDrainMark
from kiosk_agent.adapters.journal.read_only import ReadOnlyJournal
from kiosk_agent.adapters.system_clock import SystemClock
from kiosk_agent.adapters.update_lock_file import FileUpdateLock
from kiosk_agent.cli.reaching import AgentAwayError, Place, resting_journal
from kiosk_agent.services.agent_state import AgentState
from kiosk_agent.services.changes import Changes
from kiosk_agent.services.kiosk import Kiosk
from kiosk_agent.services.retiring import say_retired
from kiosk_agent.services.room import Room
from kiosk_agent.services.status import StatusReports
from kiosk_agent.services.update_locks import UpdateLocks
from kiosk_agent.settings import AgentSettings
from kiosk_contracts.kiosk_status import LineState
from kiosk_contracts.problem import ProblemCode, ProblemError

T = TypeVar("T")


class NoLine:
    """A LineView of nobody: no try has ended, for none was made."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def state(self) -> LineState:
        """Return CONNECTING: it claims nothing."""
        return LineState.CONNECTING

    def is_offline(self) -> bool:
        """Say that the line is not known to be up."""
        return True

    def since(self) -> datetime:
        """Return when the question was asked."""
        return self._now

    def detail(self) -> str:
        """Say why nothing is known."""
        return "the agent is not running"

    def last_contact_at(self) -> datetime | None:
        """Return nothing: contacts are kept in memory only."""
        return None

    def server_offset_ms(self) -> int | None:
        """Return nothing."""
        return None


def kiosk_of(journal: ReadOnlyJournal, settings: AgentSettings) -> Kiosk:
    """Return the kiosk of an agent that is down, to be read only."""
    clock, changes = SystemClock(), Changes()
    draining = FileDrainMark(settings.state_dir).is_set()
    left = FileDrainMark(settings.state_dir, LEFT_NAME).is_set()
    retired = FileDrainMark(settings.state_dir, RETIRED_NAME).is_set()
    state = AgentState(changes, draining=draining, left=left, retired=retired)
    if retired:
        say_retired(state)
    limits = settings.room_limits
    room = Room(StateDirRoom(settings.state_dir, limits.reserve_bytes), limits)
    return Kiosk(
        journal,
        clock,
        NoLine(clock.now()),
        state,
        changes,
        settings.currency,
        room=room,
        update_locks=UpdateLocks(clock, changes, FileUpdateLock(settings.state_dir)),
    )


async def at_rest(
    place: Place, away: AgentAwayError, work: Callable[[StatusReports], Awaitable[T]]
) -> T | None:
    """Run `work` on the reports of an agent that is down; None if it has no journal yet."""

    async def on_reports(kiosk: Kiosk, _: AgentSettings) -> T:
        return await work(StatusReports(kiosk))

    return await with_kiosk(place, away, on_reports)


async def with_kiosk(
    place: Place, away: AgentAwayError, work: Callable[[Kiosk, AgentSettings], Awaitable[T]]
) -> T | None:
    """Run `work` on the kiosk of an agent that is down; None if it has no journal yet."""
    if place.settings is None:
        raise away_problem(away, place)
    async with resting_journal(place.settings) as journal:
        if journal is None:
            return None
        return await work(kiosk_of(journal, place.settings), place.settings)


def away_problem(error: AgentAwayError, place: Place) -> ProblemError:
    """Return the problem of a command that only a running agent can do."""
    return ProblemError(
        503,
        ProblemCode.AGENT_STARTING,
        "The agent is not running",
        detail=f"Nobody answers at {error}.",
        hint="Start it: systemctl start kiosk-agent."
        if place.settings
        else "Start it, or name its settings with --config to read its journal.",
    )
