"""`python3 -S -m kiosk_ui.health`: ask the UI in this container how it is. 0: it can be used.

ECS and Docker run it every few seconds, so it imports next to nothing. The UI's event loop has to
answer by itself: a socket that is merely open does not count, nor does a screen that stands still.
An agent that is away for long counts, too: such a screen can't sell, and where its folder on the
host was removed and made anew, only another container finds the agent again.
"""

import os
import socket
import sys
from typing import Final

PATIENCE_S: Final = 3.0
"""Within this the UI answers, also on a slow machine that is busy."""
MOST_AWAY_S: Final = 60
"""How long the agent may be away: an upgrade and a restart take seconds."""
HEALTHY: Final = 0
UNHEALTHY: Final = 1


def main() -> int:
    """Print what is found, in a line; return the exit status."""
    healthy, words = judge(ask(os.environ.get("KIOSK_UI_HEALTH", "")))
    print(words)  # noqa: T201  Docker keeps it with the verdict
    return HEALTHY if healthy else UNHEALTHY


def ask(name: str) -> str | OSError:
    """Return what the UI answers at the abstract socket `name`, or why it did not."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(PATIENCE_S)
            line.connect(f"\0{name}")
            return line.makefile().readline()
    except OSError as error:
        return error


def judge(answer: str | OSError) -> tuple[bool, str]:
    """Return whether the UI is healthy, and that in words."""
    if isinstance(answer, TimeoutError):
        return False, f"the UI does not answer within {PATIENCE_S:g} s: it hangs"
    if isinstance(answer, OSError):
        return False, f"the UI is not there: {answer.strerror}"
    seconds = answer.strip()
    if not seconds.isdecimal():
        return False, f"the UI answers {answer!r}, which is no number of seconds"
    if int(seconds) > MOST_AWAY_S:
        return False, f"the UI runs, but has had no agent for {seconds} s"
    return True, "the UI answers"


if __name__ == "__main__":
    sys.exit(main())
