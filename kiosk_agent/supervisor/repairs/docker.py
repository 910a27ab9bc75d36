"""Docker does not answer: no kiosk UI can be started, moved or ended.

Containers that run go on selling while Docker hangs, and end when it is restarted (nothing sets
`live-restore`): so never while somebody is being served.
"""

from collections.abc import Sequence
from typing import Final

from kiosk_agent import unit_names
from kiosk_agent.supervisor.repairs.acts import Act, RestartUnit
from kiosk_agent.supervisor.repairs.repair import Repair
from kiosk_agent.supervisor.repairs.seen import Seen

BLIND_MS: Final = 900_000
"""So long it waits where nobody can say whether somebody is being served: the agent is away, or
hears of no screen, as just after its restart."""


class Docker(Repair):
    """See `Repair`."""

    name = "docker"
    lasts_ms = 120_000
    limit = unit_names.DOCKER

    def look(self, seen: Seen) -> str:
        """Leave a Docker alone that is not installed, or that a person disabled."""
        if not seen.host.docker_away or not seen.unit(unit_names.DOCKER).is_wanted:
            return ""
        return "Docker does not answer"

    def holds_back(self, seen: Seen, lasted_ms: int) -> str:
        """Wait for whoever is served as long as that takes; for nobody in particular, a while."""
        if seen.is_busy:
            return f"somebody is being served ({seen.is_busy})"
        # One that was stopped serves nobody, and took its containers along.
        ended = seen.unit(unit_names.DOCKER).ended
        if not seen.reporting and not ended and lasted_ms < BLIND_MS:
            return "no screen reports whether somebody is being served"
        return ""

    def acts(self, seen: Seen) -> Sequence[Act]:
        """Restart it."""
        del seen
        return (RestartUnit(unit_names.DOCKER),)
