"""The agent's own word on how it stands, by its admin socket."""

from pathlib import Path

from pydantic import ValidationError

from kiosk_agent.bootstrap.adapters.over_socket import get_json
from kiosk_contracts.kiosk_status import KioskStatus


def agent_status(admin_socket: Path) -> KioskStatus | None:
    """Return how the agent stands; None while it does not answer."""
    try:
        return KioskStatus.model_validate(get_json(admin_socket, "/v1/status"))
    except ValidationError:
        return None
