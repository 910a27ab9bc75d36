"""The clock, against an endpoint that was reached: signatures count for five minutes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from kiosk_agent.bootstrap.domain.checking import Found, bad, good, look
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.probing import Reached

NAME = "clock"
_MOST_S: Final = 240
_COMFORT_S: Final = 5


def check(reached: Sequence[Reached], now: datetime) -> Found:
    """Say how far the clock is off; the endpoint's own word is to the second."""
    told = next((one for one in reached if one.server_time is not None), None)
    if told is None or told.server_time is None:
        return look("no endpoint said the time", "See that an endpoint can be reached.")
    off_s = (now - told.server_time).total_seconds()
    words = f"{abs(off_s):.0f} s {'ahead of' if off_s > 0 else 'behind'} {told.host}"
    if abs(off_s) > _MOST_S:
        return bad(
            f"the clock is {words}", "Set it: timedatectl set-ntp true, or timedatectl set-time."
        )
    if abs(off_s) > _COMFORT_S:
        return look(f"the clock is {words}", "Let it be set: timedatectl set-ntp true.")
    return good("the clock is right")


def mend(host: Host) -> str:
    """Let the clock be set from the network."""
    ran = host.run("timedatectl", "set-ntp", "true")
    return "the network sets the clock now" if not ran.status else ran.last_words
