"""Where a person can be in the UI, and the message that goes there."""

from enum import StrEnum

from textual.message import Message


class Place(StrEnum):
    """The screens, by name."""

    SIGN_IN = "sign-in"
    OPENING_FLOAT = "opening-float"
    EVENTS = "events"
    SELL = "sell"
    PAYMENT = "payment"
    TICKET = "ticket"
    ADMIT = "admit"
    SCANNER = "scanner"
    TRANSACTIONS = "transactions"
    FIND = "find"
    DRAWER = "drawer"
    COUNT = "count"
    Z_REPORT = "z-report"
    SHIFTS = "shifts"
    SHIFT = "shift"
    PRE_SHOW = "pre-show"
    STANDING = "standing"
    CARTS = "carts"
    PAPER = "paper"


class Go(Message):
    """A screen is done; the app shows another one."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place


class SwitchTraining(Message):
    """The app is to begin anew: in training at a socket of this name, or, empty, back from it."""

    def __init__(self, socket_name: str) -> None:
        super().__init__()
        self.socket_name = socket_name
