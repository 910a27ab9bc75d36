"""Why bootstrap stops, in words for the technician who stands there."""


class StoppedError(Exception):
    """A step can't be done. The text says why, `what_to_do` the next act.

    `again`: it may go by itself, e.g. when the line is back; then the same command goes on.
    """

    def __init__(self, why: str, what_to_do: str, *, again: bool = False) -> None:
        super().__init__(why)
        self.what_to_do = what_to_do
        self.again = again


class DiskFullError(StoppedError):
    """There is no room for what a step writes; what was there is as it was."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} can't be written: the disk is full",
            "Make room, then run the same command again; it goes on from here.",
            again=True,
        )
