"""The last verdict, large: what to do, in a word and in colour."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalGroup
from textual.visual import VisualType

from kiosk_contracts.admitting import Verdict
from kiosk_texts import tr
from kiosk_ui.gate import Judged, verdict_name
from kiosk_ui.looks import Look
from kiosk_ui.widgets.big_text import BigText
from kiosk_ui.widgets.steady import Steady


class VerdictWords(Steady):
    """The verdict in words: colour's name, what to do, which ticket, why."""

    SCOPED_CSS = False
    DEFAULT_CSS = """
    VerdictWords {
        height: 5; width: 100%; content-align: center middle; text-align: center; text-style: bold;
    }
    .look-large VerdictWords { height: auto; }
    .look-plain VerdictWords { height: auto; content-align: left top; text-align: left; }
    .-short VerdictWords { height: auto; max-height: 3; }
    """
    _judged: Judged | None = None
    _asking = ""

    def show(self, judged: Judged | None, asking: str) -> None:
        """Show a verdict, what is being asked about, or that none was presented yet."""
        self._judged, self._asking = judged, asking
        self.tell((judged, asking))

    def written(self, look: Look) -> VisualType:
        """Write the verdict's word first."""
        judged = self._judged
        if judged is None and self._asking:
            return self._wait(look)
        if judged is None:
            return Text(tr("Scan a ticket, or type its serial"))
        name = verdict_name(judged.verdict)
        if look is Look.PLAIN:
            return Text(f"{name}, {judged.word}. {judged.subject}. {judged.text}".rstrip(". "))
        if look is Look.LARGE:
            return Text(f"{name} · {judged.word} · {judged.subject}\n{judged.text}")
        return Text(f"{name} · {judged.word}\n{judged.subject}\n{judged.text}")

    def _wait(self, look: Look) -> Text:
        word, asked = tr("WAIT"), tr("The agent is being asked about it.")
        match look:
            case Look.PLAIN:
                return Text(f"{word}. {self._asking}. {asked}")
            case Look.LARGE:
                return Text(f"{word} · {self._asking}\n{asked}")
            case _:
                return Text(f"{word}\n{self._asking}\n{asked}")


class VerdictPanel(VerticalGroup):
    """Green, amber or red, always with the word."""

    SCOPED_CSS = False
    DEFAULT_CSS = """
    VerdictPanel {
        height: auto; background: $surface; color: $foreground-muted; margin-bottom: 1;
    }
    VerdictPanel.green { background: $verdict-green; color: $on-verdict-green; }
    VerdictPanel.amber { background: $verdict-amber; color: $on-verdict-amber; }
    VerdictPanel.red { background: $verdict-red; color: $on-verdict-red; }
    VerdictPanel BigText { text-align: center; margin: 1 0 0 0; }
    .-short VerdictPanel { margin: 0; }
    .-short VerdictPanel BigText { display: none; }
    """

    def compose(self) -> ComposeResult:
        """Put the word in block letters above all words."""
        yield BigText(huge=True)
        yield VerdictWords()

    def show(self, judged: Judged | None, asking: str = "") -> None:
        """Show a verdict; without one, what is being asked about, if anything is."""
        for verdict in Verdict:
            self.set_class(judged is not None and judged.verdict is verdict, verdict.value)
        waiting = tr("WAIT") if asking else ""
        self.query_one(BigText).show(waiting if judged is None else judged.word)
        self.query_one(VerdictWords).show(judged, asking)
