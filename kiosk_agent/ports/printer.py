"""A receipt printer, as the print queue sees it."""

from typing import Protocol

from kiosk_agent.domain.paper import Sheet
from kiosk_contracts.printing import PrinterState


class PrinterError(Exception):
    """It did not print the sheet, or did not say that it did."""

    def __init__(self, state: PrinterState, detail: str, *, begun: bool) -> None:
        super().__init__(detail)
        self.state = state
        self.begun = begun
        """Whether any of it may be on paper."""


class Printer(Protocol):
    """Prints sheets one at a time. Both methods block; the queue calls them in a thread."""

    def state(self) -> PrinterState:
        """Ask how it is; UNREACHABLE if it does not answer. Never raises."""
        ...

    def print(self, sheet: Sheet) -> None:
        """Return once the sheet is printed, as far as the printer can tell; PrinterError."""
        ...
