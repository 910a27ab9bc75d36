"""The line to the fleet service, as those see it who never wait for it."""

from datetime import datetime
from typing import Protocol

from kiosk_contracts.kiosk_status import LineState


class LineView(Protocol):
    """What is known of the line now. Nothing here waits or raises."""

    def state(self) -> LineState:
        """Return ONLINE, OFFLINE or, before the first answer or failure, CONNECTING."""
        ...

    def is_offline(self) -> bool:
        """Say whether what is recorded now counts as recorded offline: not ONLINE."""
        ...

    def since(self) -> datetime:
        """Return since when the line has been in this state."""
        ...

    def detail(self) -> str:
        """Return why the line is down, in words; empty while it is up."""
        ...

    def last_contact_at(self) -> datetime | None:
        """Return when the far side last answered; None if never."""
        ...

    def server_offset_ms(self) -> int | None:
        """Return server time less device time as last learnt; None if never."""
        ...
