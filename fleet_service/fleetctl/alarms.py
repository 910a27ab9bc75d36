"""`fleetctl alarm …` and `fleetctl silence …`."""

import argparse
import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from fleet_service.fleetctl.fleet import Fleet, fleet, named
from fleet_service.fleetctl.shown import Found, show
from fleet_service.fleetctl.words import age, table, when
from kiosk_contracts.alarms import (
    AcknowledgeAlarm,
    Alarm,
    AlarmPage,
    SetSilence,
    Silence,
    SilenceList,
)
from operator_cli.durations import duration
from operator_cli.orders import order
from operator_cli.refusing import RefusedError
from operator_cli.showing import say, say_json

_ALARMS: Final = "/v1/alarms"
_SILENCES: Final = "/v1/silences"


def show_list(options: argparse.Namespace) -> None:
    """List the alarms that are open, or with --closed those that were."""
    asked = {"venue": options.venue, "cause": options.cause}

    async def look(service: Fleet) -> Found:
        if options.closed:
            found = await _closed(service, options)
        else:
            found = await every_open(service, asked)
        return Found([one.to_json() for one in found], alarm_table(found))

    show(options, look)


async def _closed(service: Fleet, options: argparse.Namespace) -> list[Alarm]:
    """Return the latest that were open, and fit; raises RefusedError.

    The service lists those by time alone: what is of another venue or cause is left out here.
    """
    found: list[Alarm] = []
    if options.limit < 1:
        raise RefusedError(f"--limit {options.limit}: it is 1 or more", "Nothing was asked.")
    async for page in service.pages(AlarmPage, _ALARMS, {"closed": "yes"}):
        found += [one for one in page.alarms if _fits(one, options)]
        if len(found) >= options.limit:
            break
    return found[: options.limit]


def _fits(alarm: Alarm, options: argparse.Namespace) -> bool:
    of_venue = not options.venue or alarm.venue_id == options.venue
    return of_venue and (not options.cause or alarm.cause in options.cause)


async def every_open(service: Fleet, asked: Mapping[str, Any]) -> list[Alarm]:
    """Return all that are open; raises RefusedError."""
    found: list[Alarm] = []
    async for page in service.pages(AlarmPage, _ALARMS, asked):
        found += page.alarms
    return sorted(found, key=lambda one: (_is_seen_to(one), one.opened_at))


async def of_moves(service: Fleet, venue_id: str = "") -> list[Alarm]:
    """Return those that are open and about moves of a venue, or of all; raises RefusedError."""
    found = await every_open(service, {"venue": [venue_id] if venue_id else []})
    return [one for one in found if one.move_id]


def _is_seen_to(alarm: Alarm) -> bool:
    return alarm.silence is not None or alarm.acknowledged_at is not None


def alarm_table(alarms: Iterable[Alarm]) -> Table:
    """Return alarms as people read them: those that nobody sees to first."""
    rows = [
        (
            Text(one.alarm_id, "" if _is_seen_to(one) else "bold red"),
            one.words,
            age(one.opened_at),
            _standing(one),
            one.runbook,
        )
        for one in alarms
    ]
    return table(("ALARM", "WHAT", "FOR", "WHO SEES TO IT", "WHAT TO DO"), rows)


def _standing(alarm: Alarm) -> str:
    if alarm.closed_at is not None:
        return f"closed {when(alarm.closed_at)}"
    said = []
    if alarm.silence is not None:
        said.append(f"silenced until {when(alarm.silence.until)} by {alarm.silence.by}")
    if alarm.acknowledged_at is not None:
        said.append(f"{alarm.acknowledged_by} {alarm.note}".rstrip())
    if alarm.gone_since is not None:
        said.append(f"gone for {age(alarm.gone_since)}")
    return "; ".join(said) or "nobody yet"


def acknowledge(options: argparse.Namespace) -> None:
    """Say that somebody sees to an alarm."""
    wanted = order(AcknowledgeAlarm, note=options.note or "")
    path = named(f"{_ALARMS}/{{alarm}}/acknowledge", alarm=options.alarm_id)
    alarm = asyncio.run(_send(options, Alarm, path, wanted))
    if options.json:
        say_json(alarm.to_json())
    else:
        say(f"{alarm.alarm_id}: {alarm.acknowledged_by} sees to it")


async def _send(options: argparse.Namespace, model: Any, path: str, wanted: Any) -> Any:
    async with fleet(options) as service:
        return await service.send(model, path, wanted)


def silence(options: argparse.Namespace) -> None:
    """Have nobody called for an alarm for a while."""
    silence_at(options, named(f"{_ALARMS}/{{alarm}}/silence", alarm=options.alarm_id))


def silence_at(options: argparse.Namespace, path: str) -> None:
    """Silence what a path names; raises RefusedError."""
    until = datetime.now(UTC) + duration(options.lasts)
    wanted = order(SetSilence, until=until, reason=options.reason)
    made: Silence = asyncio.run(_send(options, Silence, path, wanted))
    if options.json:
        say_json(made.to_json())
    else:
        say(f"{made.scope}: nobody is called until {when(made.until)}")
        say(f"to end it before: fleetctl silence end {made.scope}")


def show_silences(options: argparse.Namespace) -> None:
    """List the silences in force."""

    async def look(service: Fleet) -> Found:
        found = (await service.get(SilenceList, _SILENCES)).silences
        rows = [(one.scope, when(one.until), one.reason, one.by) for one in found]
        picture = table(("SILENCED", "UNTIL", "WHY", "BY"), rows)
        return Found([one.to_json() for one in found], picture)

    show(options, look)


def end_silence(options: argparse.Namespace) -> None:
    """Have people called again."""

    async def end() -> None:
        async with fleet(options) as service:
            path = named(f"{_SILENCES}/{{scope}}", scope=options.scope)
            await service.ask("DELETE", path)

    asyncio.run(end())
    if options.json:
        say_json({"scope": options.scope, "ended": True})
    else:
        say(f"{options.scope}: people are called again")
