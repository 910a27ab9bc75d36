"""Whether anybody is at the kiosk. No clock, no I/O."""

from math import inf


class Idle:
    """Remembers the last touch; `after_s` of 0 means that nobody is ever taken to be gone."""

    def __init__(self, after_s: float) -> None:
        self.after_s = after_s
        self._since = 0.0
        self._touched_at = -inf

    def begin(self, at: float) -> None:
        """Count from `at` (monotonic seconds), though nobody has touched anything."""
        self._since = at

    def touch(self, at: float) -> None:
        """Note a key, a scan or the mouse, at `at`."""
        self._since = self._touched_at = at

    def untouched_s(self, at: float) -> float:
        """Return for how long nothing was touched; infinite if nothing ever was."""
        return at - self._touched_at

    def left_s(self, at: float) -> float:
        """Return in how long it is over if nothing is touched; infinite if it never is."""
        return max(0.0, self.after_s - (at - self._since)) if self.after_s else inf

    def is_over(self, at: float) -> bool:
        """Say whether nothing was touched for so long."""
        return bool(self.after_s) and at - self._since >= self.after_s
