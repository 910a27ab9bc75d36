"""What a person sees of a run: a table while it goes on, a verdict at the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.live import Live
from rich.table import Table

from fleet_simulator.figures import Doing, Figures, share
from fleet_simulator.verifying import Verdict

_RECENT: Final = 2000
_MS: Final = 1000
_LINE_EVERY_S: Final = 10.0
"""Where there is no terminal, so that a log says how far it is."""


class Board:
    """Shows a run on a console; call it with the figures and the seconds gone."""

    def __init__(self, console: Console, live: Live | None) -> None:
        self._console = console
        self._live = live
        self._last = (0.0, 0)
        self._said_s = 0.0

    def __call__(self, figures: Figures, gone_s: float) -> None:
        """Show how far it is."""
        before_s, before = self._last
        passed_s = gone_s - before_s
        rate = (figures.beats_answered - before) / passed_s if passed_s else 0.0
        self._last = gone_s, figures.beats_answered
        if self._live is not None:
            self._live.update(table_of(figures, gone_s, rate))
        elif gone_s - self._said_s >= _LINE_EVERY_S:
            self._said_s = gone_s
            self._console.print(
                f"{gone_s:.0f} s: {figures.doing[Doing.ONLINE]} online, "
                f"{figures.doing[Doing.OFFLINE]} offline, {rate:,.0f} heartbeats a second, "
                f"{figures.settled:,} of {figures.recorded:,} sales settled"
            )


@contextmanager
def board_on(console: Console) -> Iterator[Board]:
    """Give a board: a live table on a terminal, now and then a line elsewhere."""
    if not console.is_terminal:
        yield Board(console, None)
        return
    with Live(console=console, refresh_per_second=2) as live:
        yield Board(console, live)


def table_of(figures: Figures, gone_s: float, rate: float) -> Table:
    """Return the figures as a table."""
    table = Table(title=f"Simulated fleet, {gone_s:.0f} s", box=SIMPLE_HEAD)
    table.add_column("what")
    table.add_column("how many", justify="right")
    for state in Doing:
        table.add_row(f"kiosks {state.value}", f"{figures.doing[state]:,}")
    table.add_row("heartbeats a second", f"{rate:,.0f}")
    table.add_row("slowest 1 % of heartbeats from", _p99(figures))
    table.add_row("heartbeats unanswered", f"{figures.beats_failed.total():,}")
    table.add_row("sales recorded", f"{figures.recorded:,}")
    table.add_row("sales settled", f"{figures.settled:,}")
    table.add_row("sent once more", f"{figures.replayed:,}")
    table.add_row("calls made again", f"{figures.retries.total():,}")
    return table


def say_verdict(console: Console, verdict: Verdict) -> None:
    """Say what became of the sales."""
    mark = "✖" if verdict.is_broken else "✔"
    console.print(
        f"{mark} {verdict.checked:,} sales checked against the ticket API: lost {verdict.lost}, "
        f"doubled {verdict.doubled}, stray {verdict.stray}, quarantined {verdict.quarantined}, "
        f"not settled yet {verdict.unsettled}"
    )
    for words in verdict.words:
        console.print(f"  {words}", markup=False)


def _p99(figures: Figures) -> str:
    recent = sorted(figures.beat_s[-_RECENT:])
    return f"{share(recent, 99) * _MS:,.0f} ms" if recent else "-"
