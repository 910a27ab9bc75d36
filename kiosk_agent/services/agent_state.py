"""What the agent as a whole says of itself: draining, stopping, workers in trouble."""

from collections.abc import Sequence

from kiosk_agent.services.changes import Changes
from kiosk_contracts.kiosk_status import StatusWarning


class AgentState:
    """An AgentView, in memory."""

    def __init__(self, changes: Changes, *, draining: bool = False) -> None:
        self._changes = changes
        self._draining = draining
        self._stopping = False
        self._troubles: dict[str, StatusWarning] = {}

    def is_draining(self) -> bool:
        """Say whether new carts are refused."""
        return self._draining

    def is_stopping(self) -> bool:
        """Say whether SIGTERM came."""
        return self._stopping

    def warnings(self) -> Sequence[StatusWarning]:
        """Return the troubles of all workers, in a stable order."""
        return tuple(warning for _, warning in sorted(self._troubles.items()))

    def set_draining(self, *, on: bool) -> None:
        """Begin or end draining."""
        self._draining = on
        self._changes.notify()

    def set_stopping(self) -> None:
        """Refuse the UI from now on."""
        self._stopping = True
        self._changes.notify()

    def report(self, source: str, warning: StatusWarning) -> None:
        """Show a warning of `source` in place of the one it had."""
        if self._troubles.get(source) != warning:
            self._troubles[source] = warning
            self._changes.notify()

    def clear(self, source: str) -> None:
        """Take back the warning of `source`, if it has one."""
        if self._troubles.pop(source, None) is not None:
            self._changes.notify()
