"""The kiosk's time, for a manager to compare with a watch and to confirm."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Digits, Input, Static

from kiosk_texts import mark, tr
from kiosk_ui.clock import Clock
from kiosk_ui.help_page import HelpPage
from kiosk_ui.hints import Hint
from kiosk_ui.screens.panel import PanelScreen
from kiosk_ui.widgets.big_text import BigText
from kiosk_ui.widgets.forms.pin_field import PinField
from kiosk_ui.widgets.frame.key_hints import KeyHints
from kiosk_ui.widgets.steady import SteadyText
from kiosk_ui.words import clock_time, full_date, zone_words

_TICK_S: Final = 0.5
_MEANING: Final = mark(
    "Compare it with a watch, the date too. Confirming says in your name that it is right: this "
    "kiosk sells again, and goes by this time until it is restarted."
)
_IF_WRONG: Final = mark(
    "If it is wrong, do not confirm: press Esc and call support to set the clock, or wait for the "
    "line."
)


@dataclass(frozen=True, slots=True)
class TimeAnswer:
    """The time that was shown when it was found right, and whose PIN says so."""

    shown: datetime
    pin: str | None


class ClockScreen(PanelScreen[TimeAnswer]):
    """Asks whether the time is right. Without a PIN to type, no key that ends a scan confirms."""

    finish_first: ClassVar[str] = mark("Confirm the time or leave it first (Esc)")
    HELP_TITLE: ClassVar[str] = mark("clock")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f8", "confirm", show=False)]
    SCOPED_CSS = False
    DEFAULT_CSS = """
    ClockScreen > Vertical { width: 80; max-width: 100%; padding: 0 2; }
    ClockScreen Digits { text-style: bold; }
    ClockScreen .date { text-style: bold; margin-bottom: 1; }
    ClockScreen .if-wrong { margin-bottom: 1; }
    ClockScreen .problem { margin: 0; }
    ClockScreen .time { display: none; text-style: bold; }
    .look-plain ClockScreen .time { display: block; }
    .look-plain ClockScreen Digits, .look-large ClockScreen Digits { display: none; }
    ClockScreen.-short Digits, ClockScreen.-short BigText { display: none; }
    ClockScreen.-short .time { display: block; }
    ClockScreen.-short .date, ClockScreen.-short .if-wrong { margin: 0; }
    """

    def __init__(self, clock: Clock, *, needs_pin: bool, problem: str = "") -> None:
        """Show `clock`; `problem` says why it is asked again."""
        super().__init__()
        self._clock = clock
        self._shown = clock.now()
        self._pin = PinField() if needs_pin else None
        self._refusal = problem

    def compose(self) -> ComposeResult:
        """Time, date and zone, what confirming means, PIN, keys."""
        with Vertical():
            yield Static(Text(tr("Is this the right time?")), classes="question")
            yield Digits()
            yield BigText()
            yield SteadyText(classes="time")
            yield SteadyText(classes="date")
            yield Static(Text(tr(_MEANING)))
            yield Static(Text(tr(_IF_WRONG)), classes="if-wrong")
            if self._pin is not None:
                yield self._pin
            yield Static(Text(self._refusal), classes="problem")
            yield KeyHints(self.shown_hints())

    def hints(self) -> Sequence[Hint]:
        """Return the keys; where a manager is signed in, no key that ends a scan confirms."""
        more = mark("The time and the date are right: says so to the agent, in a manager's name.")
        key, press = ("Enter", "enter") if self._pin is not None else ("F8", "f8")
        leave = Hint(
            "Esc", mark("leave it"), "escape", mark("Confirms nothing; selling goes on waiting.")
        )
        return (Hint(key, mark("it is right"), press, more), leave)

    def help_page(self) -> HelpPage:
        """Return what confirming means, and what to do otherwise."""
        return HelpPage(tr(self.HELP_TITLE), f"{tr(_MEANING)} {tr(_IF_WRONG)}", self.hints())

    def on_mount(self) -> None:
        """Show the time, and let it go on."""
        self._tick()
        self.set_interval(_TICK_S, self._tick)

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        """Confirm with the PIN that was typed."""
        event.stop()
        self.action_confirm()

    def action_confirm(self) -> None:
        """Answer with the time that is shown, if a PIN is there where one is needed."""
        problem = self._pin.problem() if self._pin is not None else None
        if problem is not None:
            self.query_one(".problem", Static).update(Text(problem))
            return
        self.dismiss(TimeAnswer(self._shown, self._pin.value if self._pin is not None else None))

    def _tick(self) -> None:
        self._shown = self._clock.now()
        time = clock_time(self._shown, self._clock)
        self.query_one(Digits).update(time)
        self.query_one(BigText).show(time)
        self.query_one(".time", SteadyText).say(Text(time))
        date, zone = full_date(self._shown, self._clock), zone_words(self._shown, self._clock)
        self.query_one(".date", SteadyText).say(Text(f"{date} · {zone}"))
