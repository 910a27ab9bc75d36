"""A disk is short: images that nothing needs go at once, and old logs of systemd's journal.

Never the kiosk's own journal nor its reserve: what was sold is there.
"""

from collections.abc import Sequence

from kiosk_agent.supervisor.repairs.acts import Act, PruneImages, StartUnit
from kiosk_agent.supervisor.repairs.repair import Repair
from kiosk_agent.supervisor.repairs.seen import Seen
from kiosk_agent.unit_names import LOG_VACUUM


class Disk(Repair):
    """See `Repair`."""

    name = "disk"
    lasts_ms = 30_000
    limit = "disk"

    def look(self, seen: Seen) -> str:
        """Say which."""
        folders = " and ".join(seen.signs.short_disks)
        return f"less than 2 GB are free on the disk of {folders}" if folders else ""

    def acts(self, seen: Seen) -> Sequence[Act]:
        """Begin with logs: that works also while Docker does not."""
        vacuum: tuple[Act, ...] = (StartUnit(LOG_VACUUM),)
        return vacuum if seen.host.docker_away else (*vacuum, PruneImages())
