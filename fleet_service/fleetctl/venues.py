"""`fleetctl venue list | show | silence`."""

import argparse

from rich.text import Text

from fleet_service.fleetctl.alarms import silence_at
from fleet_service.fleetctl.fleet import Fleet, named
from fleet_service.fleetctl.kiosks import INSTANCES
from fleet_service.fleetctl.shown import Found, show
from fleet_service.fleetctl.words import facts, gravity, state, table
from kiosk_contracts.instances import Instance, InstancePage, VenueSeen, VenueSeenPage

_VENUES = "/v1/venues"


def show_list(options: argparse.Namespace) -> None:
    """List venues, those with problems first."""
    asked = {"state": options.state, "text": options.text}

    async def look(service: Fleet) -> Found:
        venues: list[VenueSeen] = []
        async for page in service.pages(VenueSeenPage, _VENUES, asked):
            venues += page.venues
        venues.sort(key=_worst)
        rows = [
            (one.venue_id, one.name, "open" if one.is_open else "closed", _states(one), one.contact)
            for one in venues
        ]
        picture = table(("VENUE", "NAME", "NOW", "KIOSKS", "CONTACT"), rows)
        return Found([one.to_json() for one in venues], picture)

    show(options, look)


def _worst(venue: VenueSeen) -> int:
    return min((gravity(word) for word in venue.states), default=gravity("retired"))


def _states(venue: VenueSeen) -> Text:
    words = sorted(venue.states, key=gravity)
    return Text(", ").join(
        Text.assemble(f"{venue.states[word]} ", state(word)) for word in words
    ) or Text("-")


def show_one(options: argparse.Namespace) -> None:
    """Show a venue and its kiosks."""

    async def look(service: Fleet) -> Found:
        venue = await service.get(VenueSeen, named(f"{_VENUES}/{{venue}}", venue=options.venue_id))
        kiosks: list[Instance] = []
        async for page in service.pages(InstancePage, INSTANCES, {"venue": options.venue_id}):
            kiosks += page.instances
        told = {**venue.to_json(), "kiosks": [one.to_json() for one in kiosks]}
        pairs: list[tuple[str, Text | str]] = [
            ("venue", f"{venue.venue_id}  {venue.name}"),
            ("now", "open" if venue.is_open else "closed"),
            ("time zone", venue.time_zone),
            ("address", venue.address or "-"),
            ("contact", venue.contact or "-"),
        ]
        pairs += [
            ("kiosk", Text.assemble(f"{one.kiosk_id}  ", state(one.state), f"  {one.why}".rstrip()))
            for one in kiosks
        ]
        return Found(told, facts(pairs))

    show(options, look)


def silence(options: argparse.Namespace) -> None:
    """Have nobody called for anything of a venue for a while."""
    silence_at(options, named(f"{_VENUES}/{{venue}}/silence", venue=options.venue_id))
