"""`fleetctl kiosk drain | restart-ui | reboot | logs | …` and `fleetctl command …`."""

import argparse
import asyncio
import json
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from rich.text import Text

from fleet_service.fleetctl.again import not_sent, waits_to_be_asked_for
from fleet_service.fleetctl.fleet import Fleet, fleet, named
from fleet_service.fleetctl.shown import Found, show
from fleet_service.fleetctl.words import facts, state, table, when
from kiosk_contracts.commands import (
    CommandKind,
    CommandPage,
    CommandStanding,
    CommandState,
    CommandWay,
    NewCommand,
)
from operator_cli.durations import duration
from operator_cli.orders import order
from operator_cli.refusing import RefusedError
from operator_cli.showing import confirm, note, say, say_json

_ALL: Final = "/v1/ops/kiosks/{kiosk}/commands"
_ONE: Final = f"{_ALL}/{{command}}"
_OPEN: Final = frozenset({CommandState.WAITING, CommandState.FETCHED})
_LOOK_S: Final = 1.0
_QUESTIONS: Final = {
    CommandKind.REBOOT: "Have {kiosk} reboot? Nobody sells there for a minute or two.",
    CommandKind.RESTART_UI: "Have the screen of {kiosk} begin again?",
    CommandKind.DRAIN: "Have {kiosk} open no new carts, and give its unsold tickets back?",
}


def run(options: argparse.Namespace) -> None:
    """Have a kiosk do something, and wait for what comes of it."""
    wanted = _wanted(options)
    question = _QUESTIONS.get(wanted.kind)
    if question is not None:
        confirm(options, question.format(kiosk=options.kiosk_id))
    note(f"the command is {wanted.command_id}; asked for again with --id it is no second one")
    asyncio.run(_run(options, wanted))


def _wanted(options: argparse.Namespace) -> NewCommand:
    terms = {
        name: getattr(options, name)
        for name in ("forced", "source", "lines", "recipient")
        if getattr(options, name, None) is not None
    }
    return order(
        NewCommand,
        kind=options.kind,
        command_id=_id(options.id) if options.id else uuid4(),
        reason=options.reason or "",
        expires_in_s=int(duration(options.expires).total_seconds()),
        way=CommandWay.SSM if options.ssm else CommandWay.AGENT,
        **terms,
    )


async def _run(options: argparse.Namespace, wanted: NewCommand) -> None:
    async with fleet(options) as service:
        path = named(_ALL, kiosk=options.kiosk_id)
        told = await service.send(CommandStanding, path, wanted)
        if not options.no_wait:
            told = await _ended(service, told)
        content = await _content(service, told)
    _say(options, told, content)
    if waits_to_be_asked_for(told):
        raise not_sent(options, wanted, told)
    if told.state not in {CommandState.DONE, *_OPEN}:
        raise RefusedError(f"{told.kind} at {told.kiosk_id}: {told.state}: {told.why}")


async def _ended(service: Fleet, told: CommandStanding) -> CommandStanding:
    """Wait for what comes of it; it has an end, so this does, and before where nobody sends it."""
    path = named(_ONE, kiosk=told.kiosk_id, command=str(told.command_id))
    said = ""
    while told.state in _OPEN and not waits_to_be_asked_for(told):
        if told.why != said:
            said = told.why
            note(f"{told.state}: {said}")
        await asyncio.sleep(_LOOK_S)
        told = await service.get(CommandStanding, path)
    return told


async def _content(service: Fleet, told: CommandStanding) -> bytes:
    if not told.content_type:
        return b""
    path = named(f"{_ONE}/content", kiosk=told.kiosk_id, command=str(told.command_id))
    return await service.ask("GET", path)


def _say(options: argparse.Namespace, told: CommandStanding, content: bytes) -> None:
    if options.write and content:
        path = Path(options.write)
        try:
            path.write_bytes(content)
        except OSError as error:
            raise RefusedError(f"{path}: {error.strerror}", "It was done; say another.") from error
    if options.json:
        say_json(told.to_json() | _brought(options, told, content))
        return
    if options.write and content:
        say(f"{len(content)} bytes are in {options.write}")
    elif told.content_type.startswith(("text/", "application/json")):
        say(_harmless(content.decode(errors="replace")).rstrip("\n"))
    elif content:
        note("what it brought back is no text: fetch it with fleetctl command show … --write FILE")
    note(f"{told.state}: {told.why}")


def _brought(
    options: argparse.Namespace, told: CommandStanding, content: bytes
) -> dict[str, object]:
    """Return what it brought back, for programs; what went into a file, or is no text, is not."""
    if options.write or not content:
        return {}
    if told.content_type == "application/json":
        try:
            return {"content": json.loads(content)}
        except ValueError:
            return {"content": content.decode(errors="replace")}
    is_text = told.content_type.startswith("text/")
    return {"content": content.decode(errors="replace")} if is_text else {}


def _harmless(text: str) -> str:
    """Return text with nothing in it that a terminal obeys: it came from a kiosk."""
    return "".join(
        char if char.isprintable() or char in "\n\t" else "\N{REPLACEMENT CHARACTER}"
        for char in text.replace("\r\n", "\n")
    )


def show_list(options: argparse.Namespace) -> None:
    """List what a kiosk was asked to do, the newest first."""

    async def look(service: Fleet) -> Found:
        found: list[CommandStanding] = []
        async for page in service.pages(CommandPage, named(_ALL, kiosk=options.kiosk_id)):
            found += page.commands
            if len(found) >= options.limit:
                break
        rows = [_row(one) for one in found[: options.limit]]
        picture = table(("COMMAND", "WHAT", "STATE", "WHY", "BY", "ASKED FOR", "UNTIL"), rows)
        return Found([one.to_json() for one in found[: options.limit]], picture)

    show(options, look)


def _row(one: CommandStanding) -> tuple[Text | str, ...]:
    """Return a line of the table; who may not do it any more has no end to wait for."""
    until = when(one.expires_at if one.state in _OPEN else None)
    asked = when(one.made_at)
    return str(one.command_id), one.kind, state(one.state), one.why, one.by, asked, until


def show_one(options: argparse.Namespace) -> None:
    """Show a command; with --write put what it brought back into a file."""
    command = str(_id(options.command_id))
    if options.write:
        asyncio.run(_fetch(options, command))
        return

    async def look(service: Fleet) -> Found:
        path = named(_ONE, kiosk=options.kiosk_id, command=command)
        told = await service.get(CommandStanding, path)
        brought = f"{told.content_bytes} bytes of {told.content_type}" if told.content_type else "-"
        pairs: list[tuple[str, Text | str]] = [
            ("command", str(told.command_id)),
            ("what", told.kind),
            ("state", Text.assemble(state(told.state), f"  {told.why}".rstrip())),
            ("asked for", f"{when(told.made_at)} by {told.by} {told.reason}".rstrip()),
            ("until", when(told.expires_at)),
            ("fetched", when(told.fetched_at)),
            ("ended", when(told.ended_at)),
            ("brought", brought),
        ]
        return Found(told.to_json(), facts(pairs), over=told.state not in _OPEN)

    show(options, look)


async def _fetch(options: argparse.Namespace, command: str) -> None:
    async with fleet(options) as service:
        path = named(_ONE, kiosk=options.kiosk_id, command=command)
        told = await service.get(CommandStanding, path)
        content = await _content(service, told)
    if not content:
        raise RefusedError("it brought nothing back, or that is not kept any more")
    _say(options, told, content)


def withdraw(options: argparse.Namespace) -> None:
    """Have a command told no more; one that was fetched may be done all the same."""

    async def send() -> CommandStanding:
        async with fleet(options) as service:
            path = named(_ONE, kiosk=options.kiosk_id, command=str(_id(options.command_id)))
            return await service.send(CommandStanding, path, method="DELETE")

    told = asyncio.run(send())
    if options.json:
        say_json(told.to_json())
    else:
        say(f"{told.command_id}: {told.state} {told.why}".rstrip())


def _id(said: str) -> UUID:
    try:
        return UUID(said)
    except ValueError:
        raise RefusedError(
            f"{said} is the id of no command", "See fleetctl command list KIOSK."
        ) from None
