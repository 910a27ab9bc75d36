"""How the last run of bootstrap went, where it did not come to its end."""

from kiosk_agent.bootstrap.domain.checking import Found, good, look
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.places import DONE
from kiosk_agent.bootstrap.record import Outcome, Remembered

NAME = "bootstrap"


def check(host: Host) -> Found:
    """Say at which step it stopped, and why."""
    remembered = Remembered(host)
    steps = remembered.now.steps
    if host.has(DONE):
        kiosk = remembered.now.kiosk
        return good(f"this host is {kiosk.kiosk_id}" if kiosk is not None else "it came to its end")
    if not steps:
        return good("it was not run yet")
    last = steps[-1]
    when = f"{last.at:%Y-%m-%d %H:%M} UTC"
    if last.outcome is Outcome.FAILED:
        return look(f"{last.step} failed at {when}: {last.detail}", "Run: kiosk-agent bootstrap.")
    return look(f"it ended at {last.step}, {when}", "Run: kiosk-agent bootstrap.")
