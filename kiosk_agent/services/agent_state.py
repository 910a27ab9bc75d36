"""What the agent as a whole says of itself: draining, stopping, workers in trouble."""

from collections.abc import Callable, Sequence

from kiosk_agent.services.changes import Changes
from kiosk_contracts.kiosk_status import StatusWarning

Say = Callable[[], StatusWarning | None]
"""Says a warning in the language that is spoken where it is called; None: there is none to say."""


class AgentState:
    """An AgentView, in memory."""

    def __init__(
        self,
        changes: Changes,
        *,
        draining: bool = False,
        left: bool = False,
        retired: bool = False,
    ) -> None:
        self._changes = changes
        self._draining = draining
        self._left = left
        self._retired = retired
        self._stopping = False
        self._restarts_until_ms = 0
        self._troubles: dict[str, Say] = {}

    def is_draining(self) -> bool:
        """Say whether new carts are refused; of one that is gone, whatever was asked here."""
        return self._draining or self._left or self._retired

    def has_left(self) -> bool:
        """Say whether nothing is recorded any more."""
        return self._left

    def is_retired(self) -> bool:
        """Say whether the fleet service has said that this host is a kiosk no more."""
        return self._retired

    def is_stopping(self) -> bool:
        """Say whether SIGTERM came."""
        return self._stopping

    def restarts_until_ms(self) -> int:
        """Return until when nothing is sold anew, for the host restarts; 0: it does not."""
        return self._restarts_until_ms

    def warnings(self) -> Sequence[StatusWarning]:
        """Return the troubles of all workers, in a stable order."""
        said = (self._troubles[source]() for source in sorted(self._troubles))
        return tuple(warning for warning in said if warning is not None)

    def set_draining(self, *, on: bool) -> None:
        """Begin or end draining."""
        self._draining = on
        self._changes.notify()

    def set_left(self, *, on: bool) -> None:
        """Record nothing from now on, or record again. Also while the journal is written."""
        self._left = on

    def set_retired(self, *, on: bool) -> None:
        """Sell nothing anew from now on, or sell again."""
        self._retired = on
        self._changes.notify()

    def set_restarts(self, until_ms: int) -> None:
        """Sell nothing anew until then, on CLOCK_BOOTTIME. Also while the journal is written."""
        self._restarts_until_ms = until_ms

    def set_stopping(self) -> None:
        """Refuse the UI from now on."""
        self._stopping = True
        self._changes.notify()

    def report(self, source: str, say: Say) -> None:
        """Show a warning of `source` in place of the one it had; take it back if `say` has none.

        It is said anew for everybody who asks, for the screen and the admin socket may speak two
        languages.
        """
        warning = say()
        if warning is None:
            self.clear(source)
            return
        before = self._troubles.get(source)
        self._troubles[source] = say
        if before is None or before() != warning:
            self._changes.notify()

    def clear(self, source: str) -> None:
        """Take back the warning of `source`, if it has one."""
        if self._troubles.pop(source, None) is not None:
            self._changes.notify()
