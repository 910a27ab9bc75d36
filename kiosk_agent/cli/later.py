"""Commands that are read when they are run."""

import argparse
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module

_Command = Callable[[argparse.Namespace], int]


@dataclass(frozen=True, slots=True)
class LaterCommand:
    """A command by its name in this package, such as `queue.queue_list`.

    It is read when it is run: to read them all takes longer than most of them run.
    """

    name: str

    def __call__(self, options: argparse.Namespace) -> int:
        """Run it; return the exit status."""
        with _undisturbed():
            command = self.read()
        return command(options)

    def read(self) -> _Command:
        """Return the command's function."""
        module, _, function = self.name.partition(".")
        found: _Command = getattr(import_module(f"kiosk_agent.cli.{module}"), function)
        return found


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Read programs; nothing made meanwhile is garbage, and looking for it is time lost.

    Nor will it be as long as the process lives: it is never looked through again.
    """
    looked = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if looked:
            gc.enable()
