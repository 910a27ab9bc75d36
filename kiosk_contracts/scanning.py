"""Ticket scanners: the calibration code, what is known of a keyboard layout, scans of the agent's.

A scanner that is a keyboard sends positions of keys, and the kiosk's layout makes characters of
them. One scan of the calibration code shows what becomes of each character of a ticket code.
"""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, Field

from kiosk_contracts.ids import StaffId
from kiosk_contracts.ticket_code import CODE_LENGTH, PREFIX
from kiosk_contracts.wire import WireModel

CODE_CHARACTERS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""All characters of ticket codes, in the order in which a layout names what arrives for them."""
CALIBRATION_TEXT: Final = PREFIX + CODE_CHARACTERS + CODE_CHARACTERS[::-1]
"""What the calibration code holds: each character twice, with other neighbours the second time."""
SCANS_TAKEN_OVER: Final = "taken_over"
"""The event that ends a stream of scans: another screen gets them now."""
LONGEST_SCAN: Final = 400
"""Characters of a scan, at most; what is beyond is noise."""


class ScannerState(StrEnum):
    """How the agent's own scanner is. NONE: it has none; scanners may still be keyboards."""

    NONE = "none"
    READY = "ready"
    AWAY = "away"


def _tells_apart(value: str) -> str:
    if len(set(value)) != len(CODE_CHARACTERS) or not value.isprintable():
        msg = f"a layout has {len(CODE_CHARACTERS)} characters, none of them twice"
        raise ValueError(msg)
    return value


Arrives = Annotated[str, Field(max_length=len(CODE_CHARACTERS)), AfterValidator(_tells_apart)]
"""What arrives for each of CODE_CHARACTERS, in their order: one character each, all different."""


class LearnLayout(WireModel):
    """What a scan of the calibration code has shown."""

    arrives: Arrives


class ScannerLayout(LearnLayout):
    """The layout in force, and who scanned the calibration code."""

    learnt_by: StaffId
    learnt_at: AwareDatetime


class ScannerReport(WireModel):
    """What the agent knows of scanners."""

    scanner: str
    """A ScannerState."""
    layout: ScannerLayout | None
    learnt_by_name: str = ""
    """Of who scanned the calibration code; empty where nobody did, or an agent does not say."""


class AgentScan(WireModel):
    """A text that the agent's own scanner has read."""

    text: Annotated[str, Field(max_length=LONGEST_SCAN)]
    boottime_ms: int
    """CLOCK_BOOTTIME of the host when its end came; old ones admit nobody."""


def codes_apart(text: str) -> list[str]:
    """Return ticket codes that came pasted together one by one; any other text is alone."""
    parts = [text[at : at + CODE_LENGTH] for at in range(0, len(text), CODE_LENGTH)]
    whole = all(len(part) == CODE_LENGTH and part.startswith(PREFIX) for part in parts)
    return parts if whole and parts else [text]
