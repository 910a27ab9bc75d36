"""What was typed at the technician's screen, as names of keys. No I/O."""

import re
from collections.abc import Iterator
from typing import Final

_NAMED: Final = {
    b"\r": "enter",
    b"\n": "enter",
    b"\x1b": "escape",
    b"\x7f": "backspace",
    b"\x08": "backspace",
    b"\x1b[A": "up",
    b"\x1bOA": "up",
    b"\x1b[B": "down",
    b"\x1bOB": "down",
    b"\x1b[5~": "pageup",
    b"\x1b[6~": "pagedown",
    # Terminals to which the UI has spoken kitty's keyboard protocol.
    b"\x1b[13u": "enter",
    b"\x1b[27u": "escape",
    b"\x1b[127u": "backspace",
}
_KEY: Final = re.compile(
    rb"\x1b\[M...|\x1b\[[0-?]*[ -/]*[@-~]|\x1bO[ -~]|\x1b|[\x00-\x7f]|[\x80-\xff]+", re.DOTALL
)
_KITTY: Final = re.compile(rb"\x1b\[(\d{1,6})(?::\d*)*(?:;\d*)?(?:;(\d{1,6}))?u")
_CALL: Final = re.compile(rb"\x14|\x1b\[116(?::\d*)*;(?:5|69|133|197)(?::1)?(?:;\d*)?u")


def split_at_call(typed: bytes) -> tuple[bytes, bytes] | None:
    """Return what was typed before and after Ctrl+T; None where that was not pressed."""
    found = _CALL.search(typed)
    return (typed[: found.start()], typed[found.end() :]) if found else None


def keys_in(typed: bytes) -> Iterator[str]:
    """Yield names of keys, and characters as they are; what has no meaning here is left out."""
    for one in _KEY.findall(typed):
        kitty = _KITTY.fullmatch(one)
        char = chr(int(kitty[2] or kitty[1])) if kitty else one.decode("ascii", "ignore")
        if one in _NAMED:
            yield _NAMED[one]
        elif len(char) == 1 and char.isascii() and char.isprintable():
            yield char
