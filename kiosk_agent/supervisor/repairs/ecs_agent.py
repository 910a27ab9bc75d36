"""The ECS agent has ended, or does not answer: releases don't reach this host.

Containers that run are left alone by its restart. Without the cloud it ends again and again by
itself, and answers when the line is back: https://github.com/aws/amazon-ecs-agent/issues/2916
"""

from collections.abc import Sequence

from kiosk_agent import unit_names
from kiosk_agent.supervisor.repairs.acts import Act, RestartUnit
from kiosk_agent.supervisor.repairs.repair import Repair
from kiosk_agent.supervisor.repairs.seen import Seen


class EcsAgent(Repair):
    """See `Repair`."""

    name = "ecs_agent"
    lasts_ms = 300_000
    limit = unit_names.ECS

    def look(self, seen: Seen) -> str:
        """Say nothing while Docker or the cloud is away: it needs both to start at all."""
        unit = seen.unit(unit_names.ECS)
        if seen.host.docker_away or seen.line_is_down or not unit.is_wanted:
            return ""
        if unit.ended:
            return "the ECS agent has ended"
        return "the ECS agent does not answer, though Docker does" if seen.host.ecs_away else ""

    def acts(self, seen: Seen) -> Sequence[Act]:
        """Restart it."""
        del seen
        return (RestartUnit(unit_names.ECS),)
