"""What may be typed where, so that a pad on the screen has its keys. No state, no I/O."""

from enum import Enum
from typing import Protocol, runtime_checkable


class Takes(Enum):
    """What is typed into a part of the screen."""

    DIGITS = "digits"
    AMOUNT = "amount"
    TEXT = "text"


@runtime_checkable
class Typable(Protocol):
    """A part of the screen that takes what is typed while it has the focus."""

    takes: Takes
    """What that is now."""
    pad_when_asked: bool
    """Whether it shows a pad only to who asks for one: it can be touched without."""
