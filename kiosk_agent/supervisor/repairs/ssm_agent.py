"""The SSM agent sleeps, or signs by a clock that was wrong: a restart wakes it.

After half an hour without power or line it hibernates with `Signature expired`, for hours:
https://github.com/aws/amazon-ssm-agent/issues/616, https://github.com/aws/amazon-ssm-agent/issues/491
"""

from collections.abc import Sequence

from kiosk_agent import unit_names
from kiosk_agent.supervisor.repairs.acts import Act, RestartUnit
from kiosk_agent.supervisor.repairs.repair import Repair
from kiosk_agent.supervisor.repairs.seen import Seen, SsmTrouble


class SsmAgent(Repair):
    """See `Repair`."""

    name = "ssm_agent"
    lasts_ms = 120_000
    limit = unit_names.SSM_AGENT

    def look(self, seen: Seen) -> str:
        """Without a line it can't but sleep, and a restart would change nothing."""
        unit = seen.unit(unit_names.SSM_AGENT)
        if seen.line_is_down or not unit.is_wanted:
            return ""
        if unit.ended:
            return "the SSM agent does not run"
        match seen.signs.ssm:
            case SsmTrouble.HIBERNATES:
                return "the SSM agent hibernates, though the cloud answers"
            case SsmTrouble.SIGNATURE_EXPIRED:
                return "the SSM agent's signature has expired"
            case SsmTrouble.NONE:
                return ""

    def acts(self, seen: Seen) -> Sequence[Act]:
        """Restart it."""
        del seen
        return (RestartUnit(unit_names.SSM_AGENT),)
