"""The supervisor's own word: whether it could sign for the agent."""

from kiosk_agent.bootstrap.adapters.over_socket import get_json
from kiosk_agent.bootstrap.domain.checking import Found, bad, good, look
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.places import SUPERVISOR_SOCKET

NAME = "supervisor"


def check(host: Host) -> Found:
    """Say whether the supervisor answers and could sign the last time."""
    told = get_json(host.path(SUPERVISOR_SOCKET), "/v1/status")
    if not isinstance(told, dict):
        return bad("it does not answer", "See: journalctl -u kiosk-supervisor.")
    if told.get("refusal"):
        return bad(f"it could not sign: {told['refusal']}", "See the SSM agent, above.")
    if told.get("agent_away"):
        return look(f"the agent does not answer it: {told['agent_away']}", "See selling, below.")
    signed = told.get("signed_at")
    return good(f"it signed at {signed}" if signed else "nothing was to be signed yet")
