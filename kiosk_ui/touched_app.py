"""An app that knows whether people touch its screen or type."""

from collections.abc import Sequence

from textual import events
from textual.reactive import Reactive

from kiosk_ui.looking_app import LookingApp


class TouchedApp(LookingApp):
    """Notes what a person did last: touched the screen, or pressed a key."""

    touching: Reactive[bool] = Reactive(default=False, init=False)
    """Whether the screen was touched last. Then what takes typing has a pad."""
    _ended_by: events.Key | None = None
    """The key that said that there is a keyboard, if there seemed to be none before."""

    def touched(self) -> None:
        """Note that a person touched the screen."""
        self.touching, self._ended_by = True, None

    def typed(self, keys: Sequence[events.Key]) -> None:
        """Note keys that a person typed, as it seems."""
        if self.touching and keys:
            self.touching, self._ended_by = False, keys[0]

    def not_typed(self, keys: Sequence[events.Key]) -> None:
        """Note that a scanner sent these keys after all."""
        if any(key is self._ended_by for key in keys):
            self.touched()
