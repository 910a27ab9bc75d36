"""`kiosk-provision kiosk list | show | revoke | restore | free`."""

import argparse
import asyncio
from collections.abc import Iterator
from typing import Final

from kiosk_contracts.enrolment import short_host
from kiosk_contracts.kiosks import KioskDetail, KioskSeen
from kiosk_contracts.repairs import failing
from kiosk_contracts.venues import VenueStanding
from operator_cli.showing import confirm, note, say, say_json, say_plan, say_table
from provisioning.cli.office import office

_QUESTIONS: Final = {
    "revoke": "Let {kiosk} at {venue} in nowhere from now on? It sells on with what it has.",
    "free": "Take the name {kiosk} at {venue} from the host that it was granted to?",
}
_DONE: Final = {
    "revoke": "{kiosk} is let in nowhere; to undo it: kiosk-provision kiosk restore {kiosk}",
    "restore": "{kiosk} is let in again",
    "free": "the name {kiosk} is free: its host, or another, may claim it with a bundle in force",
}


def show_list(options: argparse.Namespace) -> None:
    """List the kiosks of all venues, or of one."""
    told = asyncio.run(_venues(options))
    if options.json:
        say_json(
            [
                {"venue_id": one.venue.venue_id, **kiosk.to_json()}
                for one in told
                for kiosk in one.kiosks
            ]
        )
        return
    say_table(
        ("KIOSK", "CODE", "VENUE", "STANDING", "HOST", "REFUSED"),
        [
            (
                kiosk.kiosk_id,
                kiosk.kiosk_code,
                one.venue.venue_id,
                kiosk.standing,
                kiosk.instance_id or "-",
                kiosk.refused or "-",
            )
            for one in told
            for kiosk in one.kiosks
        ],
    )


def show(options: argparse.Namespace) -> None:
    """Show one kiosk."""
    told = asyncio.run(_one(options))
    if options.json:
        say_json(told.to_json())
    else:
        show_detail(told)


def revoke(options: argparse.Namespace) -> None:
    """Let a kiosk in nowhere from now on."""
    _act(options, "revoke")


def restore(options: argparse.Namespace) -> None:
    """Let a kiosk in again that was revoked, or keep one that was asked to leave."""
    _act(options, "restore")


def free(options: argparse.Namespace) -> None:
    """Take a name back from a host that never was the kiosk."""
    _act(options, "free")


def show_detail(told: KioskDetail) -> None:
    """Show all that is known of a kiosk."""
    for title, text in _lines(told):
        say(f"{title:<14} {text}")


def _lines(told: KioskDetail) -> Iterator[tuple[str, str]]:
    yield "kiosk", f"{told.kiosk_id}  {told.kiosk_code}"
    yield "venue", f"{told.venue_id}  {told.venue_name}"
    yield "standing", told.standing
    yield "host", told.instance_id or "-"
    if told.grant is not None:
        when = f"{told.grant.granted_at:%Y-%m-%d %H:%M} UTC"
        machine = short_host(told.grant.host_id)
        yield (
            "granted",
            f"{when}, with the activation {told.grant.activation_id}, to the machine {machine}",
        )
    if told.settings:
        yield "settings", ", ".join(f"{name} = {told.settings[name]}" for name in told.settings)
    if told.refused:
        yield "refused", told.refused
    if told.leaving_since is not None:
        yield "leaving", f"since {told.leaving_since:%Y-%m-%d %H:%M} UTC"
    if told.written_off:
        yield "written off", told.written_off
    yield from _seen(told.seen)
    for former in told.former:
        yield (
            "former host",
            f"{former.instance_id or '-'}, journal {former.journal_id or 'unknown'}",
        )


def _seen(seen: KioskSeen | None) -> Iterator[tuple[str, str]]:
    if seen is None:
        yield "last report", "none of this host yet"
        return
    yield "last report", f"{seen.seen_at:%Y-%m-%d %H:%M:%S} UTC, agent {seen.agent_version}"
    yield "journal", str(seen.journal_id)
    counts = f"{seen.queued} queued, {seen.parked} parked, {seen.quarantined} quarantined"
    yield "not settled", counts
    for refund in seen.refunds_to_give:
        yield "owes refund", refund
    if seen.left:
        last = "" if seen.left_at is None else f"; its last transaction is #{seen.left_at}"
        yield "left", f"yes: it records nothing more, nothing would be lost with its disk{last}"
    for why in seen.why_not_left:
        yield "not left", why
    for image in seen.images:
        yield "image", f"{image.image} {image.state}{f': {image.why}' if image.why else ''}"
    for crash in seen.ui.crashing if seen.ui is not None else ():
        yield "crashes", f"{crash.image}: {crash.ends} times, the last: {crash.last_exit}"
    if (lock := seen.update_lock) is not None:
        yield "no update", f"until {lock.until:%Y-%m-%d %H:%M} UTC: {lock.why} ({lock.by})"
    for one in failing(seen.repairs):
        yield "not mended", f"{one.name}: {one.why}; {one.in_a_row} tries, at last: {one.outcome}"


def _act(options: argparse.Namespace, act: str) -> None:
    told = asyncio.run(_one(options))
    if options.dry_run:
        plan = f"would {act} {told.kiosk_id} at {told.venue_id}, which is {told.standing}"
        say_plan(plan, told.to_json(), as_json=options.json)
        return
    names = {"kiosk": told.kiosk_id, "venue": told.venue_id}
    if act in _QUESTIONS:
        confirm(options, _QUESTIONS[act].format(**names))
    done = asyncio.run(_do(options, act))
    if act == "restore" and told.leaving_since is not None:
        note("it was asked to leave; to sell again, at the kiosk: kiosk-agent drain --off")
    if options.json:
        say_json(done.to_json())
    else:
        say(_DONE[act].format(**names))


async def _venues(options: argparse.Namespace) -> list[VenueStanding]:
    async with office(options) as fleet:
        if options.venue:
            return [await fleet.venue(options.venue)]
        return [one async for one in fleet.venues()]


async def _one(options: argparse.Namespace) -> KioskDetail:
    async with office(options) as fleet:
        return await fleet.kiosk(options.kiosk_id)


async def _do(options: argparse.Namespace, act: str) -> KioskDetail:
    async with office(options) as fleet:
        return await fleet.act(options.kiosk_id, act)
