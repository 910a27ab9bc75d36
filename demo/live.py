"""What a person sees while the main job runs: the act, the tills, the line, the ledger."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from demo.ledger_watch import LedgerFigures, LedgerWatch
from demo.till import Till
from demo.timeline import Timeline

_EVERY_S: Final = 0.25


class Board:
    """The state that is shown. On a terminal it is drawn in place; elsewhere each act is a line."""

    def __init__(self, console: Console, timeline: Timeline, title: str) -> None:
        self.console = console
        self.tills: Sequence[Till] = ()
        self.line = "up"
        self.watch: LedgerWatch | None = None
        self.act = ""
        self.progress = ""
        self._title = title
        self._timeline = timeline
        self._started = time.monotonic()
        self._live: Live | None = None

    @property
    def ledger(self) -> LedgerFigures:
        """What the ledger last said."""
        return self.watch.latest if self.watch is not None else LedgerFigures()

    def begin_act(self, key: str, words: str) -> None:
        """Say what is being played now, in plain words."""
        self.act = words
        self._timeline.note("act", key=key, words=words)
        self.console.print(Text.assemble((f"{self._elapsed():>5.1f} s  ", "dim"), words))

    def say_progress(self, words: str, *, aloud: bool) -> None:
        """Say how far the act is; where nothing is drawn in place, only if it is to be `aloud`."""
        self.progress = words
        if aloud and not self.console.is_terminal:
            self.console.print(Text.assemble((f"{self._elapsed():>5.1f} s    ", "dim"), words))

    def set_line(self, state: str) -> None:
        """Say that the line is `up` or `cut`."""
        self.line = state
        self._timeline.note("line", state=state)

    async def run(self) -> None:
        """Draw and note figures until cancelled."""
        if not self.console.is_terminal:
            while True:
                self.note_figures()
                await asyncio.sleep(_EVERY_S)
        with Live(console=self.console, auto_refresh=False, transient=True) as live:
            while True:
                self.note_figures()
                live.update(self.picture(), refresh=True)
                await asyncio.sleep(_EVERY_S)

    def note_figures(self) -> None:
        """Put what tills and ledger say now into the timeline."""
        for till in self.tills:
            self._timeline.note(
                "kiosk",
                kiosk=till.kiosk_id,
                message=till.last_message,
                line=till.line_status,
                recorded=till.recorded,
            )
        self._timeline.note(
            "ledger",
            settled=self.ledger.settled,
            quarantined=self.ledger.quarantined,
            replays=self.ledger.replays,
            tickets=self.ledger.tickets,
            takings=self.ledger.takings,
        )

    def picture(self) -> RenderableType:
        """Return the whole board."""
        act = Text.assemble((self.act, "bold"), ("   " + self.progress, "dim"))
        body = Group(act, Text(), self._tills(), Text(), self._cloud())
        return Panel(body, title=f"{self._title} · {self._elapsed():.0f} s", border_style="blue")

    def _tills(self) -> Table:
        table = Table(box=None, pad_edge=False, expand=True)
        table.add_column("till", no_wrap=True)
        table.add_column("recorded", justify="right")
        table.add_column("last message", ratio=1, no_wrap=True)
        table.add_column("line status", ratio=1, no_wrap=True)
        for till in self.tills:
            message, status = till.last_message, till.line_status
            table.add_row(
                till.kiosk_id,
                str(till.recorded),
                Text(message, style=_message_style(message), overflow="ellipsis"),
                Text(status, style=_status_style(status), overflow="ellipsis"),
            )
        return table

    def _cloud(self) -> Text:
        up = self.line == "up"
        ledger = self.ledger
        return Text.assemble(
            "line to the cloud: ",
            (" UP " if up else " CUT ", "black on green" if up else "white on red"),
            f"   ledger: {ledger.settled} settled, {ledger.quarantined} for a manager, "
            f"{ledger.tickets} tickets, {ledger.takings}, {ledger.replays} replays absorbed",
        )

    def _elapsed(self) -> float:
        return time.monotonic() - self._started


def _message_style(message: str) -> str:
    if message.startswith("✔"):
        return "green"
    return "red" if message.startswith("✖") else "yellow"


def _status_style(status: str) -> str:
    if status.startswith("ONLINE"):
        return "green"
    return "red" if status.startswith("NO AGENT") else "yellow"
