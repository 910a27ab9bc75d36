"""Which of several kiosk UIs answers keys: the agent leases the kiosk's screen to one at a time."""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, Field, StringConstraints

from kiosk_contracts.plain_text import made_plain
from kiosk_contracts.update_lock import UpdateLock
from kiosk_contracts.wire import Count, WireModel

ScreenId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
"""What a kiosk UI calls itself; one in a container goes by the container's host name, which is the
beginning of the container's id."""

SCREEN_HEADER: Final = "EventPro-Screen"
"""Which screen asks. Without it the agent lets everybody ask: command lines are no screens."""

REPORT_EVERY_S: Final = 2.0
"""How often a screen reports, besides at once when what it has to say changes."""

_REPORTED_STEP_MS: Final = 10_000

AwaitedScreen = Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9][A-Za-z0-9_.-]{0,63})?$")]
"""A ScreenId, or nothing."""


class ScreenReport(WireModel):
    """What a kiosk UI says of itself."""

    busy: bool
    """Whether somebody is in the middle of something that a change of screens would break off."""
    why: Annotated[str, AfterValidator(made_plain)] = Field(default="", max_length=200)
    """With what, in the field's words; empty if nobody is. It comes to terminals: what is no plain
    text of it is left out, so that a UI is heard all the same."""
    holds: bool = False
    """Whether it believes that the screen is its own: the agent may have been away meanwhile."""
    stopping: bool = False
    """Whether it ends as soon as it is not busy: it takes no screen any more."""
    gate_event: str = Field(default="", max_length=64)
    """The event that its gate lets in; empty where none is chosen, or it is not known yet."""
    gate_out: bool = False
    """Whether it lets people out, not in."""
    locks_in_ms: Count | None = None
    """In how long it locks if nobody touches it; 0: nobody is signed in there, or it is locked.
    None: it never locks, or does not say."""
    lag_ms: Count = 0
    """How late its event loop was at worst since the last report."""


class ScreenAnswer(WireModel):
    """What the agent answers a screen."""

    holds: bool
    """Whether it is the one that answers keys."""
    holder: str = ""
    """Which one does; empty if none."""
    staff_token: str = ""
    """Whoever is signed in at the screen before goes on here; empty if nobody is, or to a screen
    that had it already."""
    gate_event: str = ""
    """The event that the gate of the screen before let in; empty if none, or to a screen that had
    the lease already."""
    gate_out: bool = False
    """Whether that gate let people out."""
    console: str = ""
    """The ConsoleKind of the terminal that the host shows its screens on; empty: not known."""


class ConsoleKind(StrEnum):
    """What the host's first screen is."""

    BARE = "bare"
    """The host's own console: sixteen colours, few signs, no mouse."""
    DISPLAY = "display"
    """A full-screen terminal with fonts and all colours."""


class ConsoleReport(WireModel):
    """What the console says of itself, every `REPORT_EVERY_S`: `PUT /v1/console`, admin socket."""

    kind: ConsoleKind


class ScreenSeen(WireModel):
    """A screen as the agent saw it last."""

    screen_id: ScreenId
    holds: bool
    busy: bool
    why: str = ""
    stopping: bool = False
    lag_ms: int = 0
    reported_ms_ago: Count
    acted_ms_ago: int | None = None
    """Since it last asked for something that changes what the kiosk has; None if it never did."""


class ScreensSeen(WireModel):
    """All screens that the agent hears of, for the supervisor."""

    holder: str = ""
    """Which of them answers keys; empty if none."""
    awaited: AwaitedScreen = ""
    """Nobody has the screen yet after the agent's start, and it is kept for this one."""
    screens: tuple[ScreenSeen, ...] = ()
    update_lock: UpdateLock | None = None
    """Until its end the screen stays with the image that has it, while that one answers."""

    def state(self) -> "ScreenState":
        """Return the same for a report to the cloud."""
        one = next((one for one in self.screens if one.screen_id == self.holder), None)
        if one is None:
            return ScreenState(screens=len(self.screens))
        return ScreenState(
            holder=self.holder,
            busy=one.busy,
            why=one.why,
            stopping=one.stopping,
            reported_ms_ago=one.reported_ms_ago // _REPORTED_STEP_MS * _REPORTED_STEP_MS,
            screens=len(self.screens),
        )


class ScreenState(WireModel):
    """The screen that answers keys, as the agent reports it to the cloud."""

    holder: str = ""
    """Empty: none does, and the rest but `screens` says nothing."""
    busy: bool = False
    why: str = ""
    """With what, in the venue's language."""
    stopping: bool = False
    reported_ms_ago: int | None = None
    """In whole ten seconds, so that a screen that is well says the same each time."""
    screens: Count = 0
    """How many were heard of in the last minute."""


class TakeScreen(WireModel):
    """Give the kiosk's screen to another UI."""

    force: bool = False
    """Also while somebody is busy at the one that has it; carts stay with the agent either way."""
    ended: ScreenId | None = None
    """The screen that is awaited, known to have ended: nobody waits for it any more."""
