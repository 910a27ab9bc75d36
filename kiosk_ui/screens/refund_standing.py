"""One refund: undecided, money to give back, given, or refused; as the agent says, at once."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from kiosk_contracts.refunds import RefundDecision, RefundStanding
from kiosk_texts import mark, money, tr, trn
from kiosk_ui.cleaning import clean
from kiosk_ui.help_page import HELP
from kiosk_ui.hints import Hint
from kiosk_ui.refund_words import cash_to_give, refund_details
from kiosk_ui.screens.panel import PanelScreen
from kiosk_ui.widgets.after_sale.decision_words import DecisionWords
from kiosk_ui.widgets.big_text import BigText
from kiosk_ui.widgets.frame.key_hints import KeyHintColumn
from kiosk_ui.widgets.steady import SteadyText

_GIVEN_HINT = Hint(
    "Enter",
    mark("the money was given back: record it"),
    "enter",
    mark("Records that the money left the drawer. Give it first, then press it."),
)
_BACK_HINT = Hint(
    "Esc",
    mark("back; it stays in Transactions"),
    "escape",
    mark("Goes back. The refund goes on by itself, and Events says when there is something to do."),
)


class RefundStandingScreen(PanelScreen[RefundStanding]):
    """Shows a refund until it is left; answers with it when its money was handed over."""

    finish_first: ClassVar[str] = mark("Leave this refund first (Esc)")
    HELP_TITLE: ClassVar[str] = mark("how a refund stands")
    PURPOSE: ClassVar[str] = mark(
        "How far a refund has come: asked for, decided, given back. Give no money before it says "
        "so. Nobody has to wait here."
    )
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "given", show=False)]
    SCOPED_CSS = False
    DEFAULT_CSS = """
    RefundStandingScreen > Vertical { width: 76; }
    RefundStandingScreen .details { height: auto; margin-bottom: 1; }
    RefundStandingScreen.-short .details { margin: 0; }
    RefundStandingScreen .give { display: none; }
    RefundStandingScreen.may-give KeyHintColumn.give { display: block; }
    .look-large RefundStandingScreen.may-give BigText.give {
        display: block; margin-bottom: 1; color: $text-success;
    }
    RefundStandingScreen.-short BigText.give { display: none; }
    """

    def __init__(self, refund: RefundStanding, *, online: bool) -> None:
        super().__init__()
        self.refund = refund
        self._online = online

    def compose(self) -> ComposeResult:
        """Which refund, what to do, why; keys."""
        with Vertical():
            yield SteadyText(classes="question")
            yield DecisionWords()
            yield BigText(classes="give")
            yield SteadyText(classes="details")
            yield KeyHintColumn((_GIVEN_HINT,)).add_class("give")
            yield KeyHintColumn((_BACK_HINT, HELP))

    def hints(self) -> Sequence[Hint]:
        """Return the keys: there is one to give money only where there is some to give."""
        may_give = self.refund.decision == RefundDecision.GIVE_BACK
        return (_GIVEN_HINT, _BACK_HINT) if may_give else (_BACK_HINT,)

    def on_mount(self) -> None:
        """Show it as it is."""
        refund = self.refund
        title = (
            tr("Refund {receipt}", receipt=refund.receipt_number),
            trn("{count} ticket", "{count} tickets", len(refund.serials)),
            money(refund.total),
        )
        words = f"{' · '.join(title)}\n{clean(refund.reason)}"
        self.query_one(".question", SteadyText).say(Text(words))
        self.show(self.refund, online=self._online)

    def show(self, refund: RefundStanding, *, online: bool) -> None:
        """Show what became of it; a decision is heard too."""
        if refund.decision != self.refund.decision:
            self.app.bell()
        self.refund, self._online = refund, online
        may_give = refund.decision == RefundDecision.GIVE_BACK
        self.set_class(may_give, "may-give")
        self.query_one(DecisionWords).show(refund)
        self.query_one(BigText).show(cash_to_give(refund))
        lines = filter(None, refund_details(refund, online=online))
        self.query_one(".details", SteadyText).say(Text("\n".join(lines)))

    def action_given(self) -> None:
        """Say that the money was handed over; nothing before it may be."""
        if self.refund.decision == RefundDecision.GIVE_BACK:
            self.dismiss(self.refund)
