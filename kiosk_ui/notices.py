"""The message line's content: one answer, until the next act."""

from dataclasses import dataclass
from enum import StrEnum

from kiosk_ui.hints import Hint


class Tone(StrEnum):
    """What kind of answer a notice is; each has its own sign, so colour is never alone."""

    RECORDED = "recorded"
    REFUSED = "refused"
    AMBER = "amber"
    WAITING = "waiting"


_SIGNS = {Tone.RECORDED: "✔", Tone.REFUSED: "✖", Tone.AMBER: "▲", Tone.WAITING: "…"}


@dataclass(frozen=True, slots=True)
class Notice:
    """A headline on one line, and what else there is to say."""

    tone: Tone
    text: str
    details: tuple[str, ...] = ()
    offer: Hint | None = None
    """A key that helps on; it is shown below the details."""

    @property
    def headline(self) -> str:
        """The sign and the words, as they stand on the message line."""
        return f"{_SIGNS[self.tone]} {self.text}"


def refused(text: str, *details: str) -> Notice:
    """Return a refusal that the UI itself makes."""
    return Notice(Tone.REFUSED, text, details)


def waiting(text: str) -> Notice:
    """Return what is being waited for."""
    return Notice(Tone.WAITING, text)
