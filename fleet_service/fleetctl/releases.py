"""`fleetctl release list | show | create | retire`."""

import argparse
import asyncio

from rich.console import Group
from rich.text import Text

from fleet_service.fleetctl.alarms import alarm_table, of_moves
from fleet_service.fleetctl.fleet import Fleet, fleet, named
from fleet_service.fleetctl.shown import Found, show
from fleet_service.fleetctl.words import facts, state, table, when
from kiosk_contracts.releases import NewRelease, ReleasePage, ReleaseStanding, ReleaseState
from operator_cli.orders import order
from operator_cli.showing import confirm, say, say_json, say_plan
from operator_cli.task_terms import task_terms

_RELEASES = "/v1/releases"
_CHANGED = "/v1/ops/releases"


def show_list(options: argparse.Namespace) -> None:
    """List the releases."""

    async def look(service: Fleet) -> Found:
        releases: list[ReleaseStanding] = []
        async for page in service.pages(ReleasePage, _RELEASES):
            releases += page.releases
        rows = [
            (one.release_id, state(one.state), when(one.made_at), one.by, one.task.image)
            for one in releases
        ]
        picture = table(("RELEASE", "STATE", "MADE", "BY", "IMAGE"), rows)
        return Found([one.to_json() for one in releases], picture)

    show(options, look)


def show_one(options: argparse.Namespace) -> None:
    """Show a release, and what ECS has of it."""

    async def look(service: Fleet) -> Found:
        path = named(f"{_RELEASES}/{{release}}", release=options.release_id)
        one = await service.get(ReleaseStanding, path)
        pairs: list[tuple[str, Text | str]] = [
            ("release", one.release_id),
            ("state", state(one.state)),
            ("image", one.task.image),
            ("memory", f"{one.task.memory_mib} MiB"),
            ("made", f"{when(one.made_at)} by {one.by}"),
        ]
        pairs += [(f"setting {name}", value) for name, value in one.task.environment.items()]
        for place in one.places:
            where = f"{place.region}/{place.cluster}"
            pairs.append((where, place.task_definition or _not_there(one.state)))
            if place.task_definition:
                pairs.append((where, place.service or "no service"))
        alarms = [each for each in await of_moves(service) if each.release == one.release_id]
        value = {**one.to_json(), "alarms": [each.to_json() for each in alarms]}
        called = (Text(), alarm_table(alarms)) if alarms else ()
        return Found(value, Group(facts(pairs), *called))

    show(options, look)


def _not_there(standing: str) -> str:
    if standing != ReleaseState.LIVE:
        return "nothing yet"
    return "nothing yet: made before a kiosk there is moved to it, or by the same create again"


def create(options: argparse.Namespace) -> None:
    """Make a release of an image; the same again goes on with it."""
    wanted = order(NewRelease, release_id=options.release_id, task=task_terms(options))
    if options.dry_run:
        plan = f"would make the release {wanted.release_id} of {wanted.task.image}"
        say_plan(plan, wanted.to_json(), as_json=options.json)
        return

    async def make() -> ReleaseStanding:
        async with fleet(options) as service:
            return await service.send(ReleaseStanding, _CHANGED, wanted)

    made = asyncio.run(make())
    if options.json:
        say_json(made.to_json())
    else:
        there = ", ".join(
            f"{one.region}/{one.cluster}" for one in made.places if one.task_definition
        )
        say(f"{made.release_id} is {made.state} in {there}")
        say(f"to move a kiosk to it: fleetctl release move KIOSK --to {made.release_id}")


def retire(options: argparse.Namespace) -> None:
    """Take a release away for good; its name stays taken."""
    confirm(options, f"Take the release {options.release_id} away for good?")

    async def send() -> ReleaseStanding:
        async with fleet(options) as service:
            path = named(f"{_CHANGED}/{{release}}/retire", release=options.release_id)
            return await service.send(ReleaseStanding, path)

    told = asyncio.run(send())
    if options.json:
        say_json(told.to_json())
    else:
        say(f"{told.release_id} is {told.state} {told.why}".rstrip())
