"""One run at a time: a lock that ends with whoever holds it, the installer included.

Two runs would use two registrations. An installer whose run was killed goes on, so it has the
descriptor of the lock, too: a new run waits for its end.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.refusing import StoppedError

LOCK: Final = "/run/eventpro-bootstrap.lock"


@contextmanager
def one_at_a_time(host: Host) -> Iterator[int]:
    """Hold the lock; give its descriptor, for the installer. Raises StoppedError."""
    path = host.path(LOCK)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoppedError(
            f"{LOCK} can't be opened: {error.strerror}", "Run it with sudo."
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield descriptor
    except BlockingIOError:
        raise StoppedError(
            "another run of bootstrap is at work on this host, or the installer of one that ended",
            "Look at the first screen (Alt+F1), or wait some minutes; then run it again.",
            again=True,
        ) from None
    finally:
        os.close(descriptor)
