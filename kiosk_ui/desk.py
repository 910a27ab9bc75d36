"""What screens and flows work with: the agent, who is here, the time, the message line."""

from dataclasses import dataclass

from kiosk_ui.agent_client import AgentClient
from kiosk_ui.agent_link import AgentLink
from kiosk_ui.asking import Announcer, Asking
from kiosk_ui.clock import Clock
from kiosk_ui.session import Session


@dataclass(frozen=True, slots=True)
class Desk:
    """Made once by the app, handed to everything that needs it."""

    client: AgentClient
    link: AgentLink
    asking: Asking
    session: Session
    clock: Clock
    announcer: Announcer
