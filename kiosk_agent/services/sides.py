"""What workers between the journal and the far side are given, on either side of the line."""

import asyncio
from dataclasses import dataclass, field

from kiosk_agent.ports.clock import Clock
from kiosk_agent.ports.fleet import Fleet
from kiosk_agent.ports.journal import Journal
from kiosk_agent.services.agent_state import AgentState
from kiosk_agent.services.changes import Changes
from kiosk_agent.services.line import LineMonitor
from kiosk_agent.services.retrying import Retrier
from kiosk_agent.services.room import Room


@dataclass(frozen=True, slots=True)
class Here:
    """This kiosk."""

    journal: Journal
    clock: Clock
    changes: Changes
    state: AgentState
    room: Room = field(default_factory=Room)
    reserve_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held from a look at the sealed reserve until what follows from it is on disk."""


@dataclass(frozen=True, slots=True)
class There:
    """The cloud, as far as the line reaches it."""

    fleet: Fleet
    line: LineMonitor
    retrier: Retrier
