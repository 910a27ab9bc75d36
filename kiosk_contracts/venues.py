"""Venues as operators open them: where they are, when people are there, which kiosks they have."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from kiosk_contracts.ids import KioskCode, KioskId, VenueId
from kiosk_contracts.shown_text import ShownText
from kiosk_contracts.text import PlainName, PlainText
from kiosk_contracts.wire import WireModel

Setting = bool | int | str
"""A value of a setting of the agent."""
MOST_KIOSKS: Final = 40
"""Of one venue; they are written in one commit."""
_TIME: Final = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_SPAN: Final = re.compile(
    rf"(?P<first>[a-z]{{2}})(-(?P<last>[a-z]{{2}}))? +(?P<opens>{_TIME})-(?P<closes>{_TIME})"
)


class Weekday(StrEnum):
    """A day of the week, Monday first."""

    MONDAY = "mo"
    TUESDAY = "tu"
    WEDNESDAY = "we"
    THURSDAY = "th"
    FRIDAY = "fr"
    SATURDAY = "sa"
    SUNDAY = "su"


class OpeningHoursError(ValueError):
    """A text does not say opening hours; the message says what is wrong, and how to write them."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        msg = f"there is no time zone {name!r}; write one such as Europe/Berlin"
        raise ValueError(msg) from error
    return name


TimeOfDay = Annotated[str, StringConstraints(pattern=rf"^{_TIME}$")]
TimeZone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_known_zone)]
"""A name of the IANA time zone database, e.g. `Europe/Berlin`."""


class OpeningTimes(WireModel):
    """On these days, from one time to another; one that is not later is of the next day."""

    days: tuple[Weekday, ...] = Field(min_length=1, max_length=7)
    opens: TimeOfDay
    closes: TimeOfDay


class Standing(StrEnum):
    """Whether a kiosk may work for us."""

    EXPECTED = "expected"
    """Planned: no host has registered for it."""
    PENDING = "pending"
    """A host was granted its name, and is not yet known to be the managed instance it says."""
    ACTIVE = "active"
    REVOKED = "revoked"
    """Out of service at once, e.g. stolen; it may be let in again."""
    RETIRED = "retired"
    """Out of service for good. Its code stays its own: receipts have it."""


class PlannedKiosk(WireModel):
    """A kiosk that a venue has or will have."""

    kiosk_id: KioskId
    kiosk_code: KioskCode


class Venue(WireModel):
    """One venue."""

    venue_id: VenueId
    name: PlainName
    address: PlainText = ""
    time_zone: TimeZone
    opening_hours: tuple[OpeningTimes, ...] = Field(default=(), max_length=14)
    """None: nobody said; then a kiosk is never expected to be off."""
    contact: PlainText = ""
    """Whom operators call."""
    kiosks: tuple[PlannedKiosk, ...] = Field(default=(), max_length=MOST_KIOSKS)

    @model_validator(mode="after")
    def _each_kiosk_once(self) -> "Venue":
        for name in ("kiosk_id", "kiosk_code"):
            values = [getattr(kiosk, name) for kiosk in self.kiosks]
            twin = next((value for value in values if values.count(value) > 1), None)
            if twin is not None:
                msg = f"two of its kiosks have the {name} {twin}"
                raise ValueError(msg)
        return self


class KioskStanding(PlannedKiosk):
    """A kiosk of a venue, and how it stands."""

    standing: Standing
    instance_id: str | None = None
    """The managed instance that is its host."""
    refused: ShownText = ""
    """Of a pending one: which host last asked to be it and is not, and why; partly in its words."""
    settings: Mapping[str, Setting] = Field(default_factory=dict)
    """Of the agent, e.g. its printer: with which its last host was enrolled."""


class VenueStanding(WireModel):
    """A venue, and how its kiosks stand."""

    venue: Venue
    kiosks: tuple[KioskStanding, ...]


class VenuePage(WireModel):
    """Venues by their ids, in order."""

    venues: tuple[VenueStanding, ...]
    next_after: str | None
    """What to ask behind for the next page; None at the end."""


def read_opening_hours(text: str) -> tuple[OpeningTimes, ...]:
    """Return the hours of e.g. `mo-fr 10:00-18:00, sa-su 12:00-23:30`; raises OpeningHoursError."""
    return tuple(_span(part.strip().lower()) for part in text.split(",") if part.strip())


def write_opening_hours(hours: tuple[OpeningTimes, ...]) -> str:
    """Return the hours as `read_opening_hours` reads them."""
    return ", ".join(
        f"{day} {times.opens}-{times.closes}" for times in hours for day in _runs(times.days)
    )


def _span(part: str) -> OpeningTimes:
    found = _SPAN.fullmatch(part)
    days = [*Weekday]
    first, last = (found["first"], found["last"] or found["first"]) if found else ("", "")
    if found is None or first not in days or last not in days:
        msg = f"{part!r} is no opening hours; write e.g. mo-fr 10:00-18:00, sa 12:00-23:30"
        raise OpeningHoursError(msg)
    begin, end = days.index(Weekday(first)), days.index(Weekday(last))
    # From Saturday to Monday goes over the end of the week.
    count = (end - begin) % len(days) + 1
    open_on = tuple(days[(begin + step) % len(days)] for step in range(count))
    return OpeningTimes(days=open_on, opens=found["opens"], closes=found["closes"])


def _runs(days: tuple[Weekday, ...]) -> list[str]:
    """Return days as runs, e.g. `mo-we` and `fr`."""
    week = [*Weekday]
    runs: list[list[Weekday]] = []
    for day in days:
        if runs and week.index(day) == (week.index(runs[-1][-1]) + 1) % len(week):
            runs[-1].append(day)
        else:
            runs.append([day])
    return [run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs]
