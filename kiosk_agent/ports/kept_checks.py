"""Where pre-show checks are kept for whoever asks how the kiosk was when doors opened."""

from collections.abc import Sequence
from typing import Protocol

from kiosk_contracts.pre_show import PreShowCheck


class KeptChecksStore(Protocol):
    """Checks beside the journal, MOST_KEPT of them."""

    def put(self, check: PreShowCheck) -> None:
        """Keep a check, durably; the oldest beyond MOST_KEPT go. Blocks.

        Raises ProblemError `storage_full`; then those that were there stay.
        """
        ...

    def newest_first(self) -> Sequence[PreShowCheck]:
        """Return what is kept; a file that cannot be read is left out. Blocks."""
        ...
