"""The host's role credentials are stale: without them nothing proves who this host is.

The SSM agent writes them anew at half of their hour.
"""

from collections.abc import Sequence
from typing import Final

from kiosk_agent import unit_names
from kiosk_agent.supervisor.repairs.acts import Act, RestartUnit
from kiosk_agent.supervisor.repairs.repair import Repair
from kiosk_agent.supervisor.repairs.seen import Seen

RENEWED_S: Final = 30 * 60
LIFE_S: Final = 60 * 60
LATE_S: Final = 45 * 60
"""Half of what is left after the time of renewal: there is still time to get new ones."""


class CredentialsFile(Repair):
    """See `Repair`."""

    name = "credentials"
    lasts_ms = 300_000
    limit = unit_names.SSM_AGENT

    def look(self, seen: Seen) -> str:
        """Without a line nobody can renew them."""
        if seen.line_is_down or not seen.unit(unit_names.SSM_AGENT).is_wanted:
            return ""
        age_s = seen.signs.credentials_age_s
        if age_s is None:
            return "this host has no credentials of its role"
        if age_s >= LIFE_S:
            return "the credentials of this host's role have expired"
        if age_s >= LATE_S:
            return (
                f"the credentials of this host's role are not renewed after {RENEWED_S // 60} min"
            )
        return ""

    def acts(self, seen: Seen) -> Sequence[Act]:
        """Restart who renews them."""
        del seen
        return (RestartUnit(unit_names.SSM_AGENT),)
