"""What the agent as a whole says of itself to the services that answer staff."""

from collections.abc import Sequence
from typing import Protocol

from kiosk_contracts.kiosk_status import StatusWarning


class AgentView(Protocol):
    """In memory: nothing here waits or raises."""

    def is_draining(self) -> bool:
        """Say whether new carts are refused with `draining`."""
        ...

    def has_left(self) -> bool:
        """Say whether it told operators that it has left: what would be recorded is refused."""
        ...

    def is_retired(self) -> bool:
        """Say whether operators took this host out of service: nothing is sold anew."""
        ...

    def is_stopping(self) -> bool:
        """Say whether requests of the UI are refused with `agent_stopping`, after SIGTERM."""
        ...

    def restarts_until_ms(self) -> int:
        """Return until when, on CLOCK_BOOTTIME, what is new is refused with `host_restarts`.

        The host restarts; 0: it does not.
        """
        ...

    def warnings(self) -> Sequence[StatusWarning]:
        """Return what the agent's workers have to say: failing work, a refused proof."""
        ...
