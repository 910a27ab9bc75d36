"""The last verdict, large: what to do, in a word and in colour."""

from rich.text import Text
from textual.widgets import Static

from kiosk_contracts.admitting import Verdict
from kiosk_ui.gate import Judged


class VerdictPanel(Static):
    """Green, amber or red, always with the word."""

    DEFAULT_CSS = """
    VerdictPanel {
        height: 5; content-align: center middle; text-align: center; text-style: bold;
        background: $surface; color: $foreground-muted; margin-bottom: 1;
    }
    VerdictPanel.green { background: #14713f; color: #ffffff; }
    VerdictPanel.amber { background: #f4a63a; color: #000000; }
    VerdictPanel.red { background: #a51c2b; color: #ffffff; }
    """

    def show(self, judged: Judged | None) -> None:
        """Show a verdict, or that none was given yet."""
        for verdict in Verdict:
            self.set_class(judged is not None and judged.verdict is verdict, verdict.value)
        if judged is None:
            self.update(Text("Scan a ticket, or type its serial"), layout=False)
            return
        name = judged.verdict.value.upper()
        self.update(Text(f"{name} · {judged.word}\n{judged.subject}\n{judged.text}"), layout=False)
