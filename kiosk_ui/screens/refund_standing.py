"""One refund: undecided, money to give back, given, or refused; as the agent says, at once."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from kiosk_contracts.refunds import RefundDecision, RefundStanding
from kiosk_ui.hints import Hint
from kiosk_ui.refund_words import refund_details, refund_headline
from kiosk_ui.screens.panel import PanelScreen
from kiosk_ui.widgets.frame.key_hints import KeyHintColumn
from kiosk_ui.words import clean

_GIVEN_HINT = Hint("Enter", "the money was given back: record it", "enter")


class RefundStandingScreen(PanelScreen[RefundStanding]):
    """Shows a refund until it is left; answers with it when its money was handed over."""

    finish_first: ClassVar[str] = "Leave this refund first (Esc)"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "given", show=False)]
    DEFAULT_CSS = """
    RefundStandingScreen > Vertical { width: 76; }
    RefundStandingScreen .decision { height: auto; text-style: bold; margin-bottom: 1; }
    RefundStandingScreen .decision.give_back { color: $text-success; }
    RefundStandingScreen .decision.refused { color: $text-error; }
    RefundStandingScreen .decision.asking { color: $text-warning; }
    RefundStandingScreen .details { height: auto; margin-bottom: 1; }
    RefundStandingScreen .may-give { display: none; }
    RefundStandingScreen.give_back .may-give { display: block; }
    """

    def __init__(self, refund: RefundStanding, *, online: bool) -> None:
        super().__init__()
        self.refund = refund
        self._online = online

    def compose(self) -> ComposeResult:
        """Which refund, what to do, why; keys."""
        refund = self.refund
        count = "1 ticket" if len(refund.serials) == 1 else f"{len(refund.serials)} tickets"
        title = f"Refund {refund.receipt_number} · {count} · {refund.total}"
        with Vertical():
            yield Static(Text(f"{title}\n{clean(refund.reason)}"), classes="question")
            yield Static(classes="decision")
            yield Static(classes="details")
            yield KeyHintColumn((_GIVEN_HINT,)).add_class("may-give")
            yield KeyHintColumn((Hint("Esc", "back; it stays in Transactions", "escape"),))

    def on_mount(self) -> None:
        """Show it as it is."""
        self.show(self.refund, online=self._online)

    def show(self, refund: RefundStanding, *, online: bool) -> None:
        """Show what became of it; a decision is heard too."""
        if refund.decision != self.refund.decision:
            self.app.bell()
        self.refund, self._online = refund, online
        decision = self.query_one(".decision", Static)
        for known in RefundDecision:
            decision.set_class(known == refund.decision, known.value)
            self.set_class(known == refund.decision, known.value)
        decision.update(Text(refund_headline(refund)))
        lines = filter(None, refund_details(refund, online=online))
        self.query_one(".details", Static).update(Text("\n".join(lines)))

    def action_given(self) -> None:
        """Say that the money was handed over; nothing before it may be."""
        if self.refund.decision == RefundDecision.GIVE_BACK:
            self.dismiss(self.refund)
