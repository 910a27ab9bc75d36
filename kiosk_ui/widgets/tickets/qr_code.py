"""A ticket's QR code: dark on light whatever the theme, for any scanner."""

from rich.text import Text
from textual.widgets import Static

from kiosk_texts import tr
from kiosk_ui.qr import COLUMNS, ROWS, QrTooLongError, qr_rows


class QrCode(Static):
    """The code in half blocks, with its quiet zone."""

    DEFAULT_CSS = f"""
    QrCode {{ width: {COLUMNS}; height: {ROWS}; background: $qr-paper; color: $qr-ink; }}
    """

    def show(self, code: str) -> None:
        """Show a code's QR code; one that does not fit says so."""
        try:
            text = "\n".join(qr_rows(code))
        except QrTooLongError:
            text = tr("{count} characters do not fit the QR code; use the serial", count=len(code))
        self.update(Text(text, no_wrap=True))
