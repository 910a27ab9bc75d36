"""The UI socket is gone, or the folder that it was in: no kiosk UI reaches the agent any more.

Nothing is lost by the agent's restart: carts are with it, and a sale whose answer did not come is
asked again by its txn_id. And nobody can sell until then, so it does not wait for who is busy.
"""

from collections.abc import Sequence

from kiosk_agent.supervisor.repairs.acts import Act, RestartUnit, StartUnit
from kiosk_agent.supervisor.repairs.repair import Repair
from kiosk_agent.supervisor.repairs.seen import Seen
from kiosk_agent.unit_names import AGENT, SOCKET_FOLDERS


class UiSocket(Repair):
    """See `Repair`."""

    name = "ui_socket"
    lasts_ms = 10_000
    limit = AGENT

    def look(self, seen: Seen) -> str:
        """Leave an agent alone that is stopped, or starts: it has no socket either."""
        if seen.signs.socket_is_there or not seen.unit(AGENT).is_up:
            return ""
        return "the agent runs, and its UI socket is gone"

    def acts(self, seen: Seen) -> Sequence[Act]:
        """Make the folder before the socket in it."""
        del seen
        return (StartUnit(SOCKET_FOLDERS), RestartUnit(AGENT))
