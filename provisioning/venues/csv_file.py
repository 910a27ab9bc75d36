"""Venues from a table, as spreadsheets write it (RFC 4180, UTF-8).

Columns: venue_id, name, time_zone, and, where there is something to say, address, opening_hours
(`mo-fr 10:00-18:00, sa 12:00-23:30`), contact, kiosks (`harbour-till-1=HB1 harbour-till-2=HB2`).
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from kiosk_contracts.venues import OpeningHoursError, Venue, read_opening_hours, write_opening_hours
from operator_cli.refusing import RefusedError

COLUMNS: Final = (
    "venue_id",
    "name",
    "time_zone",
    "address",
    "opening_hours",
    "contact",
    "kiosks",
)
_NEEDED: Final = COLUMNS[:3]
_MEND: Final = "Mend the table; no venue was changed."


def read_venues(path: Path) -> list[dict[str, str]]:
    """Return what a table says of each venue, by its columns.

    Raises RefusedError, with a line for each that is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise RefusedError(f"{path}: {why}", "Name a table in UTF-8.") from error
    rows = csv.DictReader(io.StringIO(text), strict=True)
    _check_columns(path, rows.fieldnames or ())
    venues: list[dict[str, str]] = []
    wrong: list[str] = []
    try:
        for row in rows:
            try:
                venue_of(row)
                venues.append({name: (row[name] or "").strip() for name in row})
            except RefusedError as error:
                wrong.append(f"{path} line {rows.line_num}: {error}")
    except csv.Error as error:
        # The line that can't be read is not counted.
        wrong.append(f"{path} behind line {rows.line_num}: {error}")
    wrong += _twins(path, venues)
    if wrong:
        raise RefusedError("\n".join(wrong), _MEND)
    if not venues:
        raise RefusedError(f"{path} has no venues", "Write one in each line below the titles.")
    return venues


def venue_of(fields: Mapping[Any, Any]) -> Venue:
    """Return the venue of texts by the columns' names; raises RefusedError."""
    if None in fields:
        raise RefusedError("there are more cells than titles")
    texts = {name: (fields.get(name) or "").strip() for name in COLUMNS}
    try:
        return Venue.model_validate(
            {
                **texts,
                "opening_hours": read_opening_hours(texts["opening_hours"]),
                "kiosks": list(_kiosks(texts["kiosks"])),
            }
        )
    except OpeningHoursError as error:
        raise RefusedError(f"opening_hours: {error}") from error
    except ValidationError as error:
        lines = [
            f"{'.'.join(map(str, one['loc'])) or 'kiosks'}: {one['msg']}"
            for one in error.errors(include_input=False, include_url=False)
        ]
        raise RefusedError("; ".join(lines).replace("Value error, ", "")) from error


def fields_of(venue: Venue) -> dict[str, str]:
    """Return a venue's texts, as `venue_of` reads them."""
    return {
        "venue_id": venue.venue_id,
        "name": venue.name,
        "time_zone": venue.time_zone,
        "address": venue.address,
        "opening_hours": write_opening_hours(venue.opening_hours),
        "contact": venue.contact,
        "kiosks": " ".join(f"{one.kiosk_id}={one.kiosk_code}" for one in venue.kiosks),
    }


def _kiosks(text: str) -> Iterator[dict[str, str]]:
    for part in text.split():
        kiosk_id, equals, code = part.partition("=")
        if not equals:
            raise RefusedError(f"kiosks: {part!r} has no code; write e.g. harbour-till-1=HB1")
        yield {"kiosk_id": kiosk_id, "kiosk_code": code}


def _check_columns(path: Path, found: Sequence[str]) -> None:
    unknown = [name for name in found if name not in COLUMNS]
    missing = [name for name in _NEEDED if name not in found]
    if unknown or missing:
        what = [f"has an unknown column {name!r}" for name in unknown]
        what += [f"lacks the column {name}" for name in missing]
        raise RefusedError(f"{path} {', '.join(what)}", f"The columns are {', '.join(COLUMNS)}.")


def _twins(path: Path, venues: Sequence[Mapping[str, str]]) -> Iterator[str]:
    ids = [venue["venue_id"] for venue in venues]
    for twin in sorted({one for one in ids if ids.count(one) > 1}):
        yield f"{path}: two lines have the venue_id {twin}"
