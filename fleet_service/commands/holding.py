"""Commands that wait for a move at their venue: its kiosks are not to be down together."""

from cloud_store.workspace import Workspace
from fleet_service.commands.ports import Beside
from fleet_service.commands.records import CommandRecord
from fleet_service.kiosks.records import TAKES_THE_SCREEN


class Holding:
    """Holds what takes a kiosk's screen, unless it is forced, while a neighbour is being moved."""

    def __init__(self, beside: Beside | None) -> None:
        """`beside`: who knows of moves; None: nobody is moved."""
        self._beside = beside

    async def holds(self, workspace: Workspace, kiosk_id: str, command: CommandRecord) -> bool:
        """Say whether a command is not to be told now; put why, if that is another reason."""
        ordered = command.ordered
        if self._beside is None or ordered.forced or ordered.kind not in TAKES_THE_SCREEN:
            return False
        why = await self._beside.why_not(workspace, kiosk_id)
        if why and why != command.held:
            held = command.model_copy(update={"held": why})
            workspace.put(held, kiosk_id, str(ordered.command_id))
        return bool(why)
