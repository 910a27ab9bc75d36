"""Work that is begun as a worker, and may be ended before it ran: by another of its group, say."""

import inspect
from typing import TYPE_CHECKING, Any
from weakref import finalize

from textual.worker import ResultType, Worker, WorkType

if TYPE_CHECKING:
    from textual.dom import DOMNode as _Node
else:
    # Textual looks for a node's styles and keys along the first of its bases that is a node.
    _Node = object


class BeginsWork(_Node):
    """What an app or a screen is first of all: whoever begins work here may end it before it ran.

    Python complains of a coroutine that is dropped: two statuses in one turn of the loop drop the
    first.
    """

    def run_worker(
        self, work: WorkType[ResultType], *args: Any, **options: Any
    ) -> Worker[ResultType]:
        """Begin work; its coroutine is closed with the worker, where nothing ever awaited it."""
        worker = super().run_worker(work, *args, **options)
        if inspect.iscoroutine(work):
            finalize(worker, work.close).atexit = False
        return worker
