"""Where handed-over transactions are kept for whoever takes them up."""

from typing import Any, Protocol


class HandOvers(Protocol):
    """Files beside the journal."""

    def put(self, name: str, body: dict[str, Any]) -> None:
        """Keep `body` under `name`, durably, in place of what was there. Blocks.

        Raises ProblemError `storage_full`; then what was there stays.
        """
        ...
