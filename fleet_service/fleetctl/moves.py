"""`fleetctl release move` and `fleetctl move list | show | pause | resume | abort`."""

import argparse
import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID, uuid4

from rich.console import Group
from rich.text import Text

from fleet_service.fleetctl.alarms import alarm_table, of_moves
from fleet_service.fleetctl.fleet import Fleet, fleet, named
from fleet_service.fleetctl.shown import Found, show
from fleet_service.fleetctl.words import age, facts, state, table, when
from kiosk_contracts.alarms import Alarm
from kiosk_contracts.kiosks import KioskDetail
from kiosk_contracts.releases import (
    Decision,
    DecisionPage,
    KioskMoveState,
    MoveAct,
    MovePage,
    MoveStanding,
    MoveState,
    NewMove,
)
from kiosk_contracts.venues import VenueStanding
from operator_cli.orders import order
from operator_cli.refusing import RefusedError
from operator_cli.showing import confirm, note, say_json, say_plan

_MOVES: Final = "/v1/moves"
_CHANGED: Final = "/v1/ops/moves"
_WATCHED_S: Final = 2.0
_ABORT_LOOK_S: Final = 1.0
_ABORT_LOOKS: Final = 120
"""Such a call ends within 90 seconds, whatever became of who made it."""


def start(options: argparse.Namespace) -> None:
    """Move a kiosk, or all of a venue, to a release."""
    wanted = asyncio.run(_wanted(options))
    target = wanted.kiosk_id or f"all kiosks of {wanted.venue_id}"
    if options.dry_run:
        plan = f"would move {target} to {wanted.to}"
        say_plan(plan, wanted.to_json(), as_json=options.json)
        return
    confirm(options, f"Move {target} to {wanted.to}, as each is idle and has the image?")
    note(f"the move is {wanted.move_id}; asked for again with --id it is no second one")
    asyncio.run(_begin(options, wanted))
    options.move_id = str(wanted.move_id)
    show_one(options)


async def _begin(options: argparse.Namespace, wanted: NewMove) -> MoveStanding:
    async with fleet(options) as service:
        return await service.send(MoveStanding, _CHANGED, wanted)


async def _wanted(options: argparse.Namespace) -> NewMove:
    async with fleet(options) as service:
        what = await _target(service, options.target)
    said = {
        "move_id": _move_id(options.id) if options.id else uuid4(),
        "to": options.to,
        "canary": options.canary,
        "without_way_back": options.without_way_back,
        **what,
    }
    if options.settle is not None:
        said["settle_s"] = options.settle
    return order(NewMove, **said)


async def _target(service: Fleet, name: str) -> dict[str, str]:
    """Say whether a name is a kiosk's or a venue's; raises RefusedError."""
    found = {}
    for field, path, model in (
        ("kiosk_id", "/v1/ops/kiosks/{name}", KioskDetail),
        ("venue_id", "/v1/ops/venues/{name}", VenueStanding),
    ):
        try:
            await service.get(model, named(path, name=name))
        except RefusedError as error:
            if error.code not in {"kiosk_unknown", "venue_unknown"}:
                raise
        else:
            found[field] = name
    if not found:
        raise RefusedError(
            f"{name} is no kiosk and no venue", "See fleetctl kiosk list and fleetctl venue list."
        )
    if len(found) > 1:
        raise RefusedError(
            f"{name} is a kiosk and a venue",
            "Ask for it with fleetctl api, by kiosk_id or venue_id.",
        )
    return found


def show_list(options: argparse.Namespace) -> None:
    """List moves, with --open those alone that have not ended."""

    async def look(service: Fleet) -> Found:
        moves: list[MoveStanding] = []
        asked = {"open": "true" if options.open else ""}
        async for page in service.pages(MovePage, _MOVES, asked):
            moves += page.moves
        alarms = await of_moves(service)
        rows = [
            (
                str(one.move_id),
                one.venue_id,
                one.to,
                state(one.state),
                _causes(_about(one, alarms)),
                _counted(one),
                one.by,
                when(one.made_at),
            )
            for one in sorted(moves, key=lambda one: one.made_at, reverse=True)
        ]
        picture = table(("MOVE", "VENUE", "TO", "STATE", "ALARM", "MOVED", "BY", "BEGUN"), rows)
        return Found([one.to_json() for one in moves], picture)

    show(options, look)


def _about(move: MoveStanding, alarms: Iterable[Alarm]) -> list[Alarm]:
    return [one for one in alarms if one.move_id == str(move.move_id)]


def _causes(alarms: Iterable[Alarm]) -> Text | str:
    names = dict.fromkeys(one.cause.replace("_", " ") for one in alarms)
    return Text(", ".join(names), "bold red") if names else "-"


def _counted(move: MoveStanding) -> str:
    moved = sum(one.state == KioskMoveState.MOVED for one in move.kiosks)
    return f"{moved} of {len(move.kiosks)}"


def show_one(options: argparse.Namespace) -> None:
    """Show a move, its kiosks and every decision; watching ends with it."""
    move_id = _move_id(options.move_id)

    async def look(service: Fleet) -> Found:
        move = await service.get(MoveStanding, f"{_MOVES}/{move_id}")
        decisions: list[Decision] = []
        async for page in service.pages(DecisionPage, f"{_MOVES}/{move_id}/decisions"):
            decisions += page.decisions
        alarms = _about(move, await of_moves(service, move.venue_id))
        value = {
            **move.to_json(),
            "decisions": [one.to_json() for one in decisions],
            "alarms": [one.to_json() for one in alarms],
        }
        return Found(value, _picture(move, decisions, alarms), over=move.state.ended)

    show(options, look)


def _picture(move: MoveStanding, decisions: Iterable[Decision], alarms: Sequence[Alarm]) -> Group:
    head: list[tuple[str, Text | str]] = [
        ("move", str(move.move_id)),
        ("state", Text.assemble(state(move.state), f"  {move.why}".rstrip())),
        ("venue", move.venue_id),
        ("to", move.to),
        ("canary", move.canary or "the first that may"),
        ("begun", f"{when(move.made_at)} by {move.by}"),
    ]
    kiosks = [
        (one.kiosk_id, state(one.state), age(one.since), one.from_release or "-", one.why)
        for one in move.kiosks
    ]
    told = [(when(one.at), one.kiosk_id or "-", one.what, one.why) for one in decisions]
    called = (Text(), alarm_table(alarms)) if alarms else ()
    return Group(
        facts(head),
        *called,
        Text(),
        table(("KIOSK", "STATE", "FOR", "FROM", "WHY"), kiosks),
        Text(),
        table(("AT", "KIOSK", "DECISION", "WHY"), told),
    )


def pause(options: argparse.Namespace) -> None:
    """Move nobody else for now; who is under way is still judged."""
    _act(options, "pause")


def resume(options: argparse.Namespace) -> None:
    """Go on with a move that was paused."""
    _act(options, "resume")


def abort(options: argparse.Namespace) -> None:
    """End a move, and wait until it has ended; each kiosk keeps what it was told last."""
    confirm(options, f"End the move {options.move_id}? Each kiosk keeps what it was told last.")
    _act(options, "abort")


def _act(options: argparse.Namespace, act: str) -> None:
    path = f"{_CHANGED}/{_move_id(options.move_id)}/{act}"
    told = asyncio.run(_send_act(options, path))
    if options.json:
        say_json(told.to_json())
    else:
        note(f"{told.move_id} is {told.state}")


async def _send_act(options: argparse.Namespace, path: str) -> MoveStanding:
    async with fleet(options) as service:
        told = await service.send(MoveStanding, path, order(MoveAct, why=options.why or ""))
        return await until_aborted(service, told) if path.endswith("/abort") else told


async def until_aborted(service: Fleet, told: MoveStanding) -> MoveStanding:
    """Wait for the call to ECS that may be under way; return the move as it stands then."""
    if told.state == MoveState.STOPPING:
        note(f"{told.move_id} is {told.state}: {told.why}")
    for _ in range(_ABORT_LOOKS):
        if told.state != MoveState.STOPPING:
            break
        await asyncio.sleep(_ABORT_LOOK_S)
        told = await service.get(MoveStanding, f"{_MOVES}/{told.move_id}")
    return told


def _move_id(said: Any) -> UUID:
    try:
        return UUID(str(said))
    except ValueError:
        raise RefusedError(f"{said} is the id of no move", "See fleetctl move list.") from None
