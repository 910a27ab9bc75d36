"""Which repair is made now, and how often one is: a host is not mended to death. No I/O.

What was tried is remembered in memory, by CLOCK_BOOTTIME: a supervisor that starts anew begins
anew; a need has to last then, too, before anything is done about it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from kiosk_agent.supervisor.repairs.repair import Repair
from kiosk_agent.supervisor.repairs.seen import Seen
from kiosk_contracts.repairs import MOST_REPAIRS, RepairOutcome

FIRST_MS: Final = 300_000
"""After the boot everything is still coming up."""
PAUSES_MS: Final = (300_000, 900_000, 3_600_000, 21_600_000)
"""After the first, second, third try; then always the last. Never for good."""
QUIET_MS: Final = 21_600_000
"""What was not needed for so long begins with the first pause again."""
HELPED_MS: Final = 600_000
"""What was not needed for so long after a try was mended by it."""


@dataclass(frozen=True, slots=True)
class Need:
    """A repair that is needed."""

    why: str
    since_ms: int


@dataclass(frozen=True, slots=True)
class Try:
    """A repair that was made."""

    name: str
    why: str
    at: datetime
    outcome: str
    """A RepairOutcome, or why it could not be made."""
    in_a_row: int
    """How many of this name, up to this one, did not help."""


@dataclass(frozen=True, slots=True)
class RepairMemory:
    """What is remembered between two looks."""

    needs: Mapping[str, Need] = field(default_factory=dict)
    """By name."""
    clear_since: Mapping[str, int] = field(default_factory=dict)
    """By name, of those that are not needed: since when."""
    tried_ms: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """By limit: when, since it was quiet the last time."""
    tries: tuple[Try, ...] = ()
    """The last twenty, the oldest first."""

    def rests(self, limit: str, now_ms: int) -> bool:
        """Say whether the pause after the last try is not over yet."""
        tried = self.tried_ms.get(limit, ())
        pause_ms = PAUSES_MS[min(len(tried), len(PAUSES_MS)) - 1]
        return bool(tried) and now_ms < tried[-1] + pause_ms

    def last(self, name: str) -> Try | None:
        """Return the last try of a repair."""
        return next((one for one in reversed(self.tries) if one.name == name), None)


@dataclass(frozen=True, slots=True)
class Turn:
    """A repair whose time has come."""

    repair: Repair
    why: str
    held_back: str = ""
    """Why it waits all the same; empty: it is made."""


def looked(
    memory: RepairMemory, repairs: Sequence[Repair], seen: Seen, now_ms: int
) -> RepairMemory:
    """Return what is remembered after a look."""
    whys = {one.name: one.look(seen) for one in repairs}
    if now_ms < FIRST_MS or seen.signs.bootstraps:
        # What is not judged now is neither needed nor mended.
        return replace(memory, needs={}, clear_since={})
    needs = {
        name: Need(why, memory.needs[name].since_ms if name in memory.needs else now_ms)
        for name, why in whys.items()
        if why
    }
    clear = {name: memory.clear_since.get(name, now_ms) for name, why in whys.items() if not why}
    return replace(
        memory,
        needs=needs,
        clear_since=clear,
        tried_ms=_not_quiet(memory, repairs, clear, now_ms),
        tries=tuple(_judged(memory, one, clear, now_ms) for one in memory.tries),
    )


def _not_quiet(
    memory: RepairMemory, repairs: Sequence[Repair], clear: Mapping[str, int], now_ms: int
) -> Mapping[str, Sequence[int]]:
    """Forget the tries of a limit once none of those that share it was needed for long."""
    loud = {
        one.limit for one in repairs if one.name not in clear or now_ms - clear[one.name] < QUIET_MS
    }
    return {limit: at for limit, at in memory.tried_ms.items() if limit in loud}


def _judged(memory: RepairMemory, one: Try, clear: Mapping[str, int], now_ms: int) -> Try:
    is_last = memory.last(one.name) is one
    mended = one.name in clear and now_ms - clear[one.name] >= HELPED_MS
    return replace(one, outcome=RepairOutcome.HELPED) if is_last and mended else one


def turns(
    memory: RepairMemory, repairs: Sequence[Repair], seen: Seen, now_ms: int
) -> Sequence[Turn]:
    """Return the repairs whose time has come, in the order of what matters.

    One is made at a time: then the host is looked at anew, for one cause shows in many places.
    """
    found = []
    for repair in repairs:
        need = memory.needs.get(repair.name)
        if need is None or memory.rests(repair.limit, now_ms):
            continue
        lasted_ms = now_ms - need.since_ms
        if lasted_ms >= repair.lasts_ms:
            found.append(Turn(repair, need.why, repair.holds_back(seen, lasted_ms)))
    return found


def tried(
    memory: RepairMemory, turn: Turn, at: datetime, now_ms: int, outcome: str
) -> RepairMemory:
    """Return what is remembered once a repair was made, whether it could be or not."""
    name, limit = turn.repair.name, turn.repair.limit
    before = memory.last(name)
    goes_on = before is not None and before.outcome != RepairOutcome.HELPED
    in_a_row = before.in_a_row + 1 if before is not None and goes_on else 1
    told = tuple(
        replace(one, outcome=RepairOutcome.NOT_HELPED)
        if one is before and one.outcome == RepairOutcome.DONE
        else one
        for one in memory.tries
    )
    one = Try(name, turn.why, at, outcome, in_a_row)
    times = (*memory.tried_ms.get(limit, ()), now_ms)[-len(PAUSES_MS) :]
    return replace(
        memory,
        tries=(*told, one)[-MOST_REPAIRS:],
        tried_ms={**memory.tried_ms, limit: times},
    )
