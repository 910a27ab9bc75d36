"""The pre-show check: whether this kiosk is ready when doors open."""

from collections.abc import Iterator
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from kiosk_contracts.pre_show import CheckVerdict, PreShowCheck, verdict_of
from kiosk_contracts.problem import ProblemError
from kiosk_texts import mark, tr
from kiosk_ui.asking import PIN_REFUSED
from kiosk_ui.checking import CheckDesk, last_kept, summary, thing_words
from kiosk_ui.cleaning import clean
from kiosk_ui.hints import Hint
from kiosk_ui.places import Place
from kiosk_ui.scanner import Scan
from kiosk_ui.screens.base import KioskScreen
from kiosk_ui.screens.keep_check import KeepCheckScreen
from kiosk_ui.type_ahead import REFRESH
from kiosk_ui.widgets.lists.row_list import Column, Row, RowList
from kiosk_ui.widgets.steady import SteadyText
from kiosk_ui.words import problem_text

_LOOK_AGAIN_S = 5


class PreShowScreen(KioskScreen):
    """Shows what is found, thing by thing, as it changes; a manager keeps it."""

    HINTS = (
        Hint("↑ ↓", mark("choose"), "up down", more=mark("Go through what was looked at.")),
        Hint(
            "F8",
            mark("keep this check"),
            "f8",
            mark(
                "Keeps what is found, with a manager's name and the time; asks for a manager's PIN."
            ),
        ),
        Hint("Esc", mark("back"), "escape", mark("Goes to Events.")),
    )
    PURPOSE = mark(
        "Says before doors open whether this kiosk is ready, thing by thing, and what to do where "
        "it is not. It looks again by itself. A scan here shows that the scanner works, and lets "
        "nobody in."
    )
    TITLE_WORDS = mark("check")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f8", "keep", show=False),
        Binding("escape", "back", show=False),
    ]
    DEFAULT_CSS = """
    PreShowScreen .summary { height: auto; padding: 0 1; text-style: bold; }
    PreShowScreen .kept { height: auto; padding: 0 1; margin-bottom: 1; color: $foreground-muted; }
    PreShowScreen.-short .kept { margin: 0; }
    """
    _scanned = False
    _check: PreShowCheck | None = None

    def compose_body(self) -> ComposeResult:
        """Say what it comes to and what was kept last; list each thing."""
        yield SteadyText(classes="summary")
        yield SteadyText(classes="kept")
        yield RowList((Column(tr("Checked"), 16), Column("", wraps=True)), empty=tr("… looking"))

    def on_mount(self) -> None:
        """Look, and look again now and then."""
        self._desk_of_checks = CheckDesk(self.desk)
        self._look()
        self._read_last()
        self.set_interval(_LOOK_AGAIN_S, self._look)

    def status_changed(self) -> None:
        """Look again."""
        self._look()

    def agent_back(self) -> None:
        """Look again."""
        self._look()
        self._read_last()

    def scanned(self, scan: Scan) -> bool:
        """Take any scan as a proof that the scanner works; nobody is let in by it."""
        del scan
        self._scanned = True
        self._look()
        return True

    def action_keep(self) -> None:
        """Keep it, in the name of the manager who is signed in or types a PIN."""
        if self._check is None or self.desk.asking.pending:
            return
        if self.desk.session.is_manager():
            self._keep(None)
        else:
            self._ask_pin()

    def action_back(self) -> None:
        """Go to Events."""
        if not self.desk.asking.pending:
            self.go(Place.EVENTS)

    def _ask_pin(self, problem: str = "") -> None:
        self.app.push_screen(KeepCheckScreen(problem), self._pin_typed)

    def _pin_typed(self, pin: str | None) -> None:
        if pin is not None:
            self._keep(pin)

    @work(exclusive=True, group="keep")
    async def _keep(self, pin: str | None) -> None:
        def ask_again(refusal: ProblemError) -> None:
            if refusal.code in PIN_REFUSED:
                self._ask_pin(problem_text(refusal.problem))

        kept = await self._desk_of_checks.keep(scanned=self._scanned, pin=pin, on_refused=ask_again)
        if kept is not None:
            self._show(kept)
            self._show_last(kept)

    @work(exclusive=True, group=REFRESH)
    async def _look(self) -> None:
        found = await self._desk_of_checks.look(scanned=self._scanned)
        if found is not None:
            self._show(found)

    @work(exclusive=True, group="kept")
    async def _read_last(self) -> None:
        self._show_last(await self._desk_of_checks.last())

    def _show(self, check: PreShowCheck) -> None:
        self._check = check
        self.query_one(".summary", SteadyText).say(Text(clean(summary(check))))
        self.query_one(RowList).show(_rows(check))

    def _show_last(self, check: PreShowCheck | None) -> None:
        self.query_one(".kept", SteadyText).say(Text(last_kept(check, self.desk.clock)))


def _rows(check: PreShowCheck) -> Iterator[Row]:
    for number, line in enumerate(check.lines):
        good = verdict_of(line) is CheckVerdict.GOOD
        cells = (thing_words(line), clean(line.text))
        yield Row(f"{line.thing}/{number}", cells, note=clean(line.hint), strong=not good)
