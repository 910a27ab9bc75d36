"""`kiosk-provision venue …`."""

import argparse
import asyncio
from collections.abc import Sequence

from kiosk_contracts.venues import Venue, VenueStanding, write_opening_hours
from provisioning.cli.office import office
from provisioning.cli.showing import confirm, note, say, say_json, say_table
from provisioning.refusing import RefusedError
from provisioning.venues.csv_file import COLUMNS, read_venues, venue_of


def add(options: argparse.Namespace) -> None:
    """Open venues or change them: one by options, or all of a table."""
    venues = _wanted(options)
    if options.dry_run:
        _show_plan(options, venues)
        return
    told = asyncio.run(_put_all(options, venues))
    if options.json:
        say_json([one.to_json() for one in told])
    else:
        _show_list(told)


def show_list(options: argparse.Namespace) -> None:
    """List all venues."""
    told = asyncio.run(_all(options))
    if options.json:
        say_json([one.to_json() for one in told])
    elif told:
        _show_list(told)
    else:
        say("There are no venues. Open one: kiosk-provision venue add --help")


def show(options: argparse.Namespace) -> None:
    """Show one venue and its kiosks."""
    told = asyncio.run(_one(options))
    if options.json:
        say_json(told.to_json())
        return
    venue = told.venue
    for title, text in (
        ("venue", f"{venue.venue_id}  {venue.name}"),
        ("address", venue.address),
        ("time zone", venue.time_zone),
        ("opening hours", write_opening_hours(venue.opening_hours)),
        ("contact", venue.contact),
    ):
        say(f"{title:<14} {text or '-'}")
    say("")
    say_table(
        ("KIOSK", "CODE", "STANDING", "HOST"),
        [
            (one.kiosk_id, one.kiosk_code, one.standing, one.instance_id or "-")
            for one in told.kiosks
        ],
    )


def remove(options: argparse.Namespace) -> None:
    """Close a venue."""
    told = asyncio.run(_one(options))
    if options.dry_run:
        say(f"would close {told.venue.venue_id}, with {len(told.kiosks)} kiosks")
        return
    confirm(options, f"Close {told.venue.name} ({told.venue.venue_id})?")
    asyncio.run(_remove(options))
    if options.json:
        say_json({"removed": told.venue.venue_id})
    else:
        say(f"closed {told.venue.venue_id}")


def _wanted(options: argparse.Namespace) -> Sequence[Venue]:
    if options.csv is not None:
        given = [f"--{name.replace('_', '-')}" for name in COLUMNS[1:-1] if getattr(options, name)]
        if given or options.venue_id or options.kiosk:
            raise RefusedError(
                "a table says all of a venue; other options have no place beside --csv",
                "Say either --csv, or a venue and its options.",
            )
        return read_venues(options.csv)
    if not options.venue_id:
        raise RefusedError("no venue is named", "Name one, or a table: --csv FILE.")
    fields = {name: getattr(options, name) or "" for name in COLUMNS[:-1]}
    return [venue_of({**fields, "kiosks": " ".join(options.kiosk)})]


async def _put_all(options: argparse.Namespace, venues: Sequence[Venue]) -> Sequence[VenueStanding]:
    told: list[VenueStanding] = []
    async with office(options) as fleet:
        for venue in venues:
            try:
                told.append(await fleet.put_venue(venue))
            except RefusedError as error:
                done = ", ".join(one.venue.venue_id for one in told) or "none"
                raise RefusedError(
                    f"{venue.venue_id}: {error}",
                    f"{error.what_to_do} Done before it: {done}; doing those again changes "
                    "nothing.".strip(),
                ) from error
            if len(venues) > 1:
                note(f"{len(told)} of {len(venues)}: {venue.venue_id}")
    return told


def _show_plan(options: argparse.Namespace, venues: Sequence[Venue]) -> None:
    known = {one.venue.venue_id: one.venue for one in asyncio.run(_all(options))}
    plan = {
        venue.venue_id: "open"
        if venue.venue_id not in known
        else "nothing to do"
        if known[venue.venue_id] == venue
        else "change"
        for venue in venues
    }
    if options.json:
        say_json(plan)
        return
    say_table(("VENUE", "WOULD"), list(plan.items()))


async def _all(options: argparse.Namespace) -> Sequence[VenueStanding]:
    async with office(options) as fleet:
        return [one async for one in fleet.venues()]


async def _one(options: argparse.Namespace) -> VenueStanding:
    async with office(options) as fleet:
        return await fleet.venue(options.venue_id)


async def _remove(options: argparse.Namespace) -> None:
    async with office(options) as fleet:
        await fleet.remove_venue(options.venue_id)


def _show_list(told: Sequence[VenueStanding]) -> None:
    say_table(
        ("VENUE", "NAME", "TIME ZONE", "KIOSKS"),
        [
            (
                one.venue.venue_id,
                one.venue.name,
                one.venue.time_zone,
                " ".join(f"{kiosk.kiosk_code}:{kiosk.standing}" for kiosk in one.kiosks) or "-",
            )
            for one in told
        ],
    )
