"""Whether anybody is at the kiosk. No clock, no I/O."""


class Idle:
    """Remembers the last touch; `after_s` of 0 means that nobody is ever taken to be gone."""

    def __init__(self, after_s: float) -> None:
        self.after_s = after_s
        self._touched_at = 0.0

    def touch(self, at: float) -> None:
        """Note a key, a scan or the mouse, at `at` (monotonic seconds)."""
        self._touched_at = at

    def is_over(self, at: float) -> bool:
        """Say whether nothing was touched for so long."""
        return bool(self.after_s) and at - self._touched_at >= self.after_s
