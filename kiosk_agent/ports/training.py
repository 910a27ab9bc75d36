"""Where staff practise: a desk of its own, with a journal of its own, on a socket of its own."""

from typing import Protocol


class TrainingGround(Protocol):
    """Made when it is first asked for; it costs nothing before."""

    async def open(self) -> str:
        """Return the name of the socket, beside the UI socket, at which training answers.

        Idempotent while it is open. What an earlier run left is removed first: every run of the
        agent begins with full stock and no sales. Raises ProblemError `socket_unusable`,
        `storage_full`.
        """
        ...
