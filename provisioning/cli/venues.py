"""`kiosk-provision venue …`."""

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from kiosk_contracts.venues import Venue, VenueStanding, write_opening_hours
from operator_cli.refusing import RefusedError
from operator_cli.showing import confirm, note, say, say_json, say_plan, say_table
from provisioning.cli.office import office
from provisioning.venues.csv_file import COLUMNS, fields_of, read_venues, venue_of


@dataclass(frozen=True, slots=True)
class _Change:
    """What one venue is to become."""

    known: Venue | None
    wanted: Venue

    @property
    def dropped(self) -> list[str]:
        """The kiosks that it would have no more."""
        kept = {kiosk.kiosk_id for kiosk in self.wanted.kiosks}
        had = self.known.kiosks if self.known is not None else ()
        return [kiosk.kiosk_id for kiosk in had if kiosk.kiosk_id not in kept]

    @property
    def words(self) -> str:
        """What would be done."""
        if self.known is None:
            return "open"
        if self.known == self.wanted:
            return "nothing to do"
        return f"change, and drop {', '.join(self.dropped)}" if self.dropped else "change"


def add(options: argparse.Namespace) -> None:
    """Open venues or change them: one by options, or all of a table; what is not said stays."""
    said = _said(options)
    known = {one.venue.venue_id: one.venue for one in asyncio.run(_all(options))}
    changes = [_change(known.get(one["venue_id"]), one) for one in said]
    if options.dry_run:
        _show_plan(options, changes)
        return
    for change in changes:
        if change.dropped:
            confirm(
                options, f"Drop {', '.join(change.dropped)} of {change.wanted.venue_id}'s plan?"
            )
    told = asyncio.run(_put_all(options, [change.wanted for change in changes]))
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
        plan = f"would close {told.venue.venue_id}, with {len(told.kiosks)} kiosks"
        say_plan(plan, told.to_json(), as_json=options.json)
        return
    confirm(options, f"Close {told.venue.name} ({told.venue.venue_id})?")
    ended = asyncio.run(_remove(options))
    for activation_id in ended:
        note(
            f"the activation {activation_id} enrols nobody more; let it register nobody more: "
            f"kiosk-provision activation revoke {activation_id}"
        )
    if options.json:
        say_json({"removed": told.venue.venue_id, "revoked_activations": ended})
    else:
        say(f"closed {told.venue.venue_id}")


def _said(options: argparse.Namespace) -> Sequence[dict[str, str]]:
    """Return what is said of each venue, by the columns' names."""
    given = {name: text for name in COLUMNS[1:-1] if (text := getattr(options, name)) is not None}
    if options.csv is not None:
        if given or options.venue_id or options.kiosk:
            raise RefusedError(
                "a table says what is to be said; other options have no place beside --csv",
                "Say either --csv, or a venue and its options.",
            )
        return read_venues(options.csv)
    if not options.venue_id:
        raise RefusedError("no venue is named", "Name one, or a table: --csv FILE.")
    kiosks = {"kiosks": " ".join(options.kiosk)} if options.kiosk else {}
    return [{"venue_id": options.venue_id, **given, **kiosks}]


def _change(known: Venue | None, said: dict[str, str]) -> _Change:
    before = {} if known is None else fields_of(known)
    return _Change(known, venue_of({**before, **said}))


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


def _show_plan(options: argparse.Namespace, changes: Sequence[_Change]) -> None:
    plan = {change.wanted.venue_id: change.words for change in changes}
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


async def _remove(options: argparse.Namespace) -> list[str]:
    """Close the venue; return its activations, which enrol nobody more."""
    async with office(options) as fleet:
        ended = [
            one.activation_id
            async for one in fleet.activations()
            if one.venue_id == options.venue_id and not one.revoked
        ]
        await fleet.remove_venue(options.venue_id)
    return ended


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
