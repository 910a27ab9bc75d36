"""Work that is begun as a worker, and may be ended before it ran: by another of its group, say."""

import inspect
from typing import Any
from weakref import finalize

from textual.worker import Worker


def may_end_before_it_ran(worker: Worker[Any], work: object) -> None:
    """Close a worker's coroutine with the worker, where nothing ever awaited it.

    Python complains of one that is dropped: two statuses in one turn of the loop drop the first.
    """
    if inspect.iscoroutine(work):
        finalize(worker, work.close).atexit = False
