"""Shows a run: as lines for a technician, or as JSON lines for a program."""

import json
import sys
from collections.abc import Sequence
from typing import Any, Final

from kiosk_agent.bootstrap.domain.plan import PlannedStep
from kiosk_agent.bootstrap.domain.steps import WORDS, Step
from kiosk_agent.bootstrap.refusing import StoppedError
from kiosk_texts.block_letters import small_rows

_CLEAR: Final = "\r\x1b[K"


class ShowsLines:
    """Adapter of Shows for people. Waiting is one line that changes, on a terminal alone."""

    def __init__(self) -> None:
        self._out = sys.stdout
        self._live = sys.stdout.isatty()

    def planned(self, steps: Sequence[PlannedStep]) -> None:
        """Show what is to be done, before it is."""
        if not steps:
            self._line("Nothing is to be done: this kiosk sells.")
            return
        self._line("What is to be done:")
        for one in steps:
            self._line(f"  {one.step.value:<21} {one.why}")
        self._line("")

    def began(self, step: Step, number: int, of: int) -> None:
        """Show that a step begins."""
        self._line(f"{number}/{of}  {WORDS[step]}")

    def note(self, text: str) -> None:
        """Say one thing that is done or known."""
        self._line(f"      {text}")

    def waiting(self, text: str) -> None:
        """Say what is waited for."""
        if self._live:
            self._out.write(f"{_CLEAR}      … {text}")
            self._out.flush()

    def done(self, step: Step, seconds: float) -> None:
        """Show that a step is done."""
        self._line(f"      {step.value} done, {seconds:.1f} s")

    def failed(self, step: Step, stopped: StoppedError) -> None:
        """Show that it stopped; whoever ran it says why, once."""
        del stopped
        self._line(f"      {step.value}: not done")

    def kiosk(self, kiosk_id: str, kiosk_code: str) -> None:
        """Show large which kiosk this host is."""
        self._line("")
        for row in _large(kiosk_id):
            self._line(f"  {row}")
        self._line("")
        self._line(f"  This host is {kiosk_id}, kiosk code {kiosk_code}. It sells.")

    def _line(self, text: str) -> None:
        self._out.write(f"{_CLEAR if self._live else ''}{text}\n")
        self._out.flush()


class ShowsJson:
    """Adapter of Shows for programs: one object a line, `event` says which."""

    def planned(self, steps: Sequence[PlannedStep]) -> None:
        """Write `planned`."""
        _write("planned", steps=[{"step": one.step.value, "why": one.why} for one in steps])

    def began(self, step: Step, number: int, of: int) -> None:
        """Write `began`."""
        _write("began", step=step.value, number=number, of=of)

    def note(self, text: str) -> None:
        """Write `note`."""
        _write("note", text=text)

    def waiting(self, text: str) -> None:
        """Write `waiting`."""
        _write("waiting", text=text)

    def done(self, step: Step, seconds: float) -> None:
        """Write `done`."""
        _write("done", step=step.value, seconds=round(seconds, 3))

    def failed(self, step: Step, stopped: StoppedError) -> None:
        """Write `failed`."""
        _write(
            "failed",
            step=step.value,
            why=str(stopped),
            what_to_do=stopped.what_to_do,
            again=stopped.again,
        )

    def kiosk(self, kiosk_id: str, kiosk_code: str) -> None:
        """Write `kiosk`, the last."""
        _write("kiosk", kiosk_id=kiosk_id, kiosk_code=kiosk_code)


def _write(event: str, **said: Any) -> None:
    sys.stdout.write(json.dumps({"event": event, **said}, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _large(text: str) -> list[str]:
    """Return a name in block letters; as it is where the terminal has none."""
    if (sys.stdout.encoding or "").lower().replace("-", "") != "utf8":
        return [text]
    return small_rows(text)
