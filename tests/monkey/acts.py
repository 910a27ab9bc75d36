"""What a monkey at the kiosk may do, and how hypothesis makes it up. No I/O."""

from dataclasses import dataclass
from enum import StrEnum

from hypothesis import strategies as st

KEYS = (
    *("enter", "escape", "backspace", "delete", "tab", "shift+tab", "space"),
    *("up", "down", "left", "right", "home", "end", "pageup", "pagedown"),
    *(f"f{number}" for number in range(1, 13)),
    *"0123456789+-,.",
    *("ctrl+a", "ctrl+c", "ctrl+u", "ctrl+p", "ctrl+r", "E", "P", "x", "ä", "€", "[", "\\"),
)
"""Every key but Ctrl-Q, with which a person ends the UI."""
PHRASES = {
    "ana signs in": (*"2222", "enter", *"100", "enter"),
    "mia signs in": (*"9999", "enter", *"50", "enter"),
    "gus signs in": (*"1111", "enter"),
    "a wrong PIN": (*"4321", "enter"),
    "two adults, cash": ("escape", "f2", "2", "enter", "enter"),
    "children by card": ("escape", "f2", "down", "3", "enter", "f6", *"4021", "enter"),
    "in two parts": ("escape", "f2", "3", "enter", *"10", "f9", *"4021", "enter"),
    "two cards": ("escape", "f2", "2", "enter", "f6", *"41", "down", *"5", "f9", *"42", "enter"),
    "a part, given back": ("escape", "f2", "2", "enter", *"10", "f9", "escape", "enter"),
    "a name": ("f4", *"Eve", "enter"),
    "frees a cart": ("escape", "f9", "f6", "f8", *"9999", "enter", "escape", "escape"),
    "with change": ("escape", "f2", "1", "enter", *"20", "enter"),
    "a gift": ("escape", "f2", "1", "enter", "f7", *"press", "enter", *"9999", "enter"),
    "too many": ("escape", "f2", *"99", "enter"),
    "to payment and back": ("escape", "f2", "2", "enter", "escape"),
    "leaves the cart": ("escape", "enter"),
    "steps back": ("escape", "escape"),
    "voids the newest": ("f4", "f8", *"wrong", "enter", *"9999", "enter", "escape"),
    "looks at tickets": ("f4", "enter", "right", "f8"),
    "to the gate": ("escape", "f3"),
    "pays in": ("f5", "f6", *"5", "enter", *"coins", "enter", "escape"),
    "pays out": ("f5", "f7", *"2", "enter", *"milk", "enter", *"9999", "enter", "escape"),
    "counts and closes": ("f5", "f8", "2", "down", "1", "enter", *"tired", "enter", *"9999"),
    "goes on after closing": ("enter", "enter", "enter"),
    "signs out": ("escape", "f10"),
    "confirms the time": ("f12", *"9999", "enter"),
}


@dataclass(frozen=True)
class Press:
    """Press keys one after the other, as fast as can be."""

    keys: tuple[str, ...]


@dataclass(frozen=True)
class Do:
    """Press the keys of something that people do, wherever the UI is."""

    phrase: str


@dataclass(frozen=True)
class Paste:
    """Paste a text."""

    text: str


class Code(StrEnum):
    """What a scanner may send."""

    GOOD = "good"
    FORGED = "forged"
    CUT = "cut in two"
    TOGETHER = "pasted together"
    RANDOM = "random"
    OTHER = "of a bottle or a web address, with Enter"


@dataclass(frozen=True)
class Scan:
    """Scan a code of the kiosk's own stock, or what became of it; `text` is that of `RANDOM`."""

    code: Code
    which: int
    text: str


@dataclass(frozen=True)
class Click:
    """Click at a place, in hundredths of width and height."""

    across: int
    down: int


@dataclass(frozen=True)
class Resize:
    """Give the terminal another size."""

    columns: int
    rows: int


class Happening(StrEnum):
    """What happens to a kiosk without a key."""

    LOCK = "nobody was there for five minutes"
    GONE = "the agent goes away"
    BACK = "the agent comes back"
    LOST = "the next answer is lost after the commit"
    CUT = "the line is cut, or comes back"
    WAIT = "eleven minutes pass"
    PAUSE = "longer than a scanner's keys are apart"
    TAKEN = "another screen takes the turn, and gives it back"
    KILLED = "the UI is killed, and started again"


Act = Press | Do | Paste | Scan | Click | Resize | Happening

_TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=30
) | st.sampled_from(
    ["[b]x[/b]", "\u202eabc", "e\u0301\u0301", "EP1", "\x1b[31m", "12.50", "0" * 40]
)
_PRESSES = st.lists(st.sampled_from(KEYS), min_size=1, max_size=6).map(tuple).map(Press)
_SCANS = st.builds(
    Scan,
    st.sampled_from(Code),
    st.integers(0, 9),
    st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", max_size=140).map("EP1".__add__),
)
_DOES = st.sampled_from(sorted(PHRASES)).map(Do)
_OFTEN: tuple[tuple[int, st.SearchStrategy[Act]], ...] = (
    (3, _PRESSES),
    (6, _DOES),
    (1, _TEXTS.map(tuple).map(Press)),
    (1, _TEXTS.map(Paste)),
    (2, _SCANS),
    (1, st.builds(Click, st.integers(0, 99), st.integers(0, 99))),
    (1, st.builds(Resize, st.integers(40, 120), st.integers(10, 40))),
    (2, st.sampled_from(Happening)),
)
"""Out of 17 acts, about so many of each."""
ACTS: st.SearchStrategy[Act] = st.sampled_from(
    [acts for often, acts in _OFTEN for _ in range(often)]
).flatmap(lambda acts: acts)
SIGNED_IN = Do("ana signs in")


def episodes(longest: int) -> st.SearchStrategy[list[Act]]:
    """Return episodes of so many acts at most; most begin with a cashier who signed in."""
    begins = st.sampled_from([[SIGNED_IN], [SIGNED_IN], [SIGNED_IN], []])
    # Short ones find what the others find, seldom more.
    rest = st.lists(ACTS, min_size=longest // 2, max_size=longest)
    return st.builds(lambda first, then: [*first, *then], begins, rest)
