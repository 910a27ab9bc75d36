"""The clock is not kept by the network: signatures count for five minutes, and tickets by the time.

The clock itself is never set from here: what keeps it is restarted, and asks its servers at once.
"""

from collections.abc import Sequence

from kiosk_agent.supervisor.repairs.acts import Act, RestartUnit
from kiosk_agent.supervisor.repairs.repair import Repair
from kiosk_agent.supervisor.repairs.seen import Seen
from kiosk_agent.unit_names import TIME_KEEPERS


class ClockKeeper(Repair):
    """See `Repair`."""

    name = "clock"
    lasts_ms = 600_000
    limit = "clock"

    def look(self, seen: Seen) -> str:
        """Say nothing without a line: there are no time servers then."""
        if seen.line_is_down or seen.signs.clock_is_set is not False or not _keeper(seen):
            return ""
        return "the clock is not synchronised"

    def acts(self, seen: Seen) -> Sequence[Act]:
        """Restart what keeps it."""
        return (RestartUnit(_keeper(seen)),)


def _keeper(seen: Seen) -> str:
    """Return the unit that keeps this host's clock: one that runs before one that should."""
    wanted = [name for name in TIME_KEEPERS if seen.unit(name).is_wanted]
    return next((name for name in wanted if seen.unit(name).is_up), wanted[0] if wanted else "")
