"""Season files: venues and their events, with times that may be relative to a day.

Format: docs/season.md. Without a file, a built-in season of two venues is used.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from importlib import resources
from pathlib import Path
from typing import Any, Final, Self

from pydantic import Field, ValidationError, model_validator

from core_services.ticket_api.catalogue.service import CatalogueService
from kiosk_contracts.catalogue import Event
from kiosk_contracts.ids import VenueId
from kiosk_contracts.text import PlainName
from kiosk_contracts.wire import WireModel

_RELATIVE: Final = re.compile(r"^\+(\d{1,4})d (\d\d):(\d\d)$")
_TIMES: Final = ("starts_at", "sales_close_at")
_TIME_FORMS: Final = "; a time is like 2026-12-19T18:30:00+01:00, or +2d 18:30 (UTC)"


class SeasonError(Exception):
    """A season file cannot be used; the message says where and why."""


class SeasonVenue(WireModel):
    """A venue of a season."""

    venue_id: VenueId
    name: PlainName
    events: tuple[Event, ...]

    @model_validator(mode="after")
    def _its_own_events(self) -> Self:
        for event in self.events:
            if event.venue_id != self.venue_id:
                msg = f"event {event.event_id} names another venue, {event.venue_id}"
                raise ValueError(msg)
        return self


class Season(WireModel):
    """What venues sell."""

    venues: tuple[SeasonVenue, ...] = Field(min_length=1)


def read_season(path: Path | None, today: date) -> Season:
    """Read a season file, or the built-in season; raises SeasonError."""
    try:
        if path is None:
            text = resources.files(__package__).joinpath("season.json").read_text("utf-8")
        else:
            text = path.read_text("utf-8")
        return Season.model_validate(_with_times(json.loads(text), today))
    except OSError as error:
        raise SeasonError(f"the season file cannot be read: {error}") from error
    except ValidationError as error:
        raise SeasonError(f"the season file is wrong at {_first_fault(error)}") from error
    except ValueError as error:
        raise SeasonError(f"the season file is not JSON: {error}") from error


def _first_fault(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    forms = _TIME_FORMS if where.endswith(_TIMES) else ""
    return f"{where}: {first['msg'].removeprefix('Value error, ')}{forms}"


async def seed(catalogue: CatalogueService, season: Season) -> int:
    """Put every venue and event; idempotent. Return how many events there are.

    Raises ProblemError where an event may not change like that.
    """
    for venue in season.venues:
        await catalogue.put_venue(venue.venue_id, venue.name)
        for event in venue.events:
            await catalogue.put_event(event)
    return sum(len(venue.events) for venue in season.venues)


def _with_times(value: Any, today: date) -> Any:
    """Fill in what a season file may leave to its surroundings: days and venue ids."""
    if not isinstance(value, dict) or not isinstance(value.get("venues"), list):
        return value
    return {**value, "venues": [_venue(venue, today) for venue in value["venues"]]}


def _venue(venue: Any, today: date) -> Any:
    if not isinstance(venue, dict) or not isinstance(venue.get("events"), list):
        return venue
    events = [_event(event, venue.get("venue_id"), today) for event in venue["events"]]
    return {**venue, "events": events}


def _event(event: Any, venue_id: Any, today: date) -> Any:
    if not isinstance(event, Mapping):
        return event
    times = {name: _time(event[name], today) for name in _TIMES if name in event}
    return {"venue_id": venue_id, "state": "on_sale", **event, **times}


def _time(value: Any, today: date) -> Any:
    relative = _RELATIVE.match(value) if isinstance(value, str) else None
    if relative is None:
        return value
    days, hours, minutes = (int(part) for part in relative.groups())
    try:
        at = datetime.combine(today, time(hours, minutes), UTC) + timedelta(days=days)
    except ValueError:
        # Left as it came, so that the model names the field.
        return value
    return at.isoformat()
