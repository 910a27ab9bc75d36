"""A screen that may lie under a panel."""

from typing import Any, TypeVar

from textual.screen import Screen
from textual.worker import ResultType, Worker, WorkType

from kiosk_ui.begun_work import may_end_before_it_ran
from kiosk_ui.looks import Look, look_of

T = TypeVar("T")


class CoverableScreen(Screen[T]):
    """Paints nothing while a panel hides all of it, as panels do in the plain look.

    Textual paints whatever lies on top anew, whole, for each change of what lies below, and a
    screen reader would read it out each time. What changed below is painted when the panel goes.
    """

    def run_worker(
        self, work: WorkType[ResultType], *args: Any, **options: Any
    ) -> Worker[ResultType]:
        """Begin work; it may be ended before it ran."""
        worker = super().run_worker(work, *args, **options)
        may_end_before_it_ran(worker, work)
        return worker

    @property
    def is_current(self) -> bool:
        """Whether any of it can be seen."""
        if not super().is_current:
            return False
        return self.app.screen is self or look_of(self) is not Look.PLAIN
