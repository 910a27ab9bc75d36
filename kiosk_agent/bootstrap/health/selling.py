"""The agent's own word: whether it sells, and what a person should know."""

from kiosk_agent.bootstrap.adapters.agent_status import agent_status
from kiosk_agent.bootstrap.domain.checking import Found, bad, good, look
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.observing import sells, tickets
from kiosk_agent.bootstrap.places import ADMIN_SOCKET

NAME = "selling"


def check(host: Host) -> Found:
    """Say whether the kiosk sells, and its warnings."""
    status = agent_status(host.path(ADMIN_SOCKET))
    if status is None:
        return bad("the agent does not answer", "See: journalctl -u kiosk-agent.")
    told = " ".join(one.text for one in status.warnings)
    hints = " ".join(dict.fromkeys(one.hint for one in status.warnings if one.hint))
    what = f"{status.line}, {status.unsent} unsent, {tickets(status)} tickets to sell"
    if not sells(status):
        return bad(f"it does not sell now: {told or what}", hints or "See: kiosk-agent status.")
    return look(f"{what}. {told}", hints) if told else good(what)
