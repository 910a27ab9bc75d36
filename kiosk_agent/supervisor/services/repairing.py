"""Mends what goes wrong on the host, within limits: looks, decides, does, tells; for ever."""

from collections.abc import Mapping
from typing import Final

import structlog

from kiosk_agent.ports.clock import Clock
from kiosk_agent.supervisor.ports import (
    AgentAwayError,
    DockerAwayError,
    HostSigns,
    RepairsDesk,
    UnitFailedError,
    Units,
)
from kiosk_agent.supervisor.repairs.acts import Act, PruneImages, RestartUnit, StartUnit, act_words
from kiosk_agent.supervisor.repairs.every_repair import EVERY_REPAIR
from kiosk_agent.supervisor.repairs.limits import RepairMemory, Turn, looked, tried, turns
from kiosk_agent.supervisor.repairs.seen import Seen
from kiosk_agent.supervisor.services.pruning import Pruning
from kiosk_agent.supervisor.services.steering import Steering
from kiosk_contracts.repairs import MOST_REPAIR_TEXT, HostRepair, RepairOutcome

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 10.0


class Repairing:
    """Every repair goes to the log, to the decisions, to the agent, and by it to the cloud."""

    def __init__(  # noqa: PLR0913, PLR0917  what it sees by, and does with
        self,
        signs: HostSigns,
        units: Units,
        agent: RepairsDesk,
        pruning: Pruning,
        steering: Steering,
        clock: Clock,
    ) -> None:
        self._signs = signs
        self._units = units
        self._agent = agent
        self._pruning = pruning
        self._steering = steering
        self._clock = clock
        self._memory = RepairMemory()
        self._held_back: Mapping[str, str] = {}

    async def run(self) -> None:
        """Look and mend, for ever."""
        while True:
            # Not at once: what runs has to have been seen.
            await self._clock.sleep(LOOK_EVERY_S)
            await self.mend()

    async def mend(self) -> None:
        """Look once, make the one repair whose turn it is, and tell the agent of it."""
        signs, line = await self._signs.signs(), await self._tell()
        # Last of all, for somebody may begin to be served meanwhile.
        seen = Seen(await self._steering.host_now(), signs, line)
        now_ms = self._clock.boottime_ms()
        self._memory = looked(self._memory, EVERY_REPAIR, seen, now_ms)
        found = turns(self._memory, EVERY_REPAIR, seen, now_ms)
        self._note_waits({one.repair.name: one.held_back for one in found if one.held_back})
        turn = next((one for one in found if not one.held_back), None)
        if turn is not None:
            await self._make(turn, seen)
            await self._tell()

    @property
    def repairs(self) -> tuple[HostRepair, ...]:
        """The last ones, the oldest first."""
        return tuple(
            HostRepair(
                name=one.name, why=one.why, at=one.at, outcome=one.outcome, in_a_row=one.in_a_row
            )
            for one in self._memory.tries
        )

    @property
    def needs(self) -> Mapping[str, str]:
        """Which repairs are needed now, and why."""
        return {name: need.why for name, need in self._memory.needs.items()}

    async def _tell(self) -> str:
        """Tell the agent what was mended; return its line, empty where it does not answer."""
        try:
            return await self._agent.tell_repairs(self.repairs)
        except AgentAwayError:
            return ""

    async def _make(self, turn: Turn, seen: Seen) -> None:
        acts, outcome = turn.repair.acts(seen), str(RepairOutcome.DONE)
        at, began_ms = self._clock.now(), self._clock.boottime_ms()
        for act in acts:
            try:
                await self._do(act)
            except (UnitFailedError, DockerAwayError) as error:
                outcome = f"{act_words(act)}: {error}"[:MOST_REPAIR_TEXT]
                break
        self._memory = tried(self._memory, turn, at, began_ms, outcome)
        what = f"repair {turn.repair.name}: {', '.join(act_words(act) for act in acts)}"
        self._steering.decisions.note(what, turn.why, outcome)
        log.warning("repaired", what=what, why=turn.why, outcome=outcome)

    async def _do(self, act: Act) -> None:
        match act:
            case RestartUnit(unit):
                await self._units.restart(unit)
            case StartUnit(unit):
                await self._units.start(unit)
            case PruneImages():
                await self._pruning.prune()

    def _note_waits(self, held_back: Mapping[str, str]) -> None:
        """Note what waits, and for what, when that begins."""
        for name, why in held_back.items():
            if self._held_back.get(name) != why:
                what = f"repair {name}: not now"
                self._steering.decisions.note(what, f"{self.needs[name]}; but {why}")
                log.info("repair_waits", what=what, why=why)
        self._held_back = held_back
