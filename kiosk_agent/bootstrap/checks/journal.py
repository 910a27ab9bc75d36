"""No journal of another kiosk: this host's agent would refuse it, and it may owe transactions."""

from kiosk_agent.bootstrap.domain.checking import Found, good, look
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.journals import journal_of

NAME = "journal"
MOVE_OUT = (
    "Move what it owes out first (docs/journal.md, kiosk-agent export). Where this host is a kiosk "
    "no more, kiosk-agent bootstrap --again sets it aside. By hand: systemctl stop kiosk-agent; "
    "mv /var/lib/eventpro/agent /var/lib/eventpro/agent.old; systemd-tmpfiles --create; "
    "systemctl start kiosk-agent. Never delete it."
)


def check(host: Host) -> Found:
    """Say whose journal lies here."""
    seen = journal_of(host)
    if seen is None:
        return good("no journal of an earlier kiosk is here")
    if seen.kiosk_id is None:
        return look("a journal is here that can't be read", MOVE_OUT)
    return good(f"the journal of {seen.kiosk_id} is here, and goes on as that kiosk alone")
