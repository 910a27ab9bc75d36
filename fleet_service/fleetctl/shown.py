"""What a command found: a picture for people, JSON for programs; once, or again and again."""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from fleet_service.fleetctl.fleet import Fleet, fleet
from fleet_service.fleetctl.words import clock_time
from operator_cli.refusing import RefusedError
from operator_cli.showing import say, say_json

LEAST_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Found:
    """What was found."""

    value: Any
    """For programs."""
    picture: RenderableType
    """For people."""
    over: bool = False
    """Whether nothing of it changes any more, so that watching ends."""


Look = Callable[[Fleet], Awaitable[Found]]


def show(options: argparse.Namespace, look: Look) -> None:
    """Show what a look finds; with --watch as often as is said, until interrupted or over."""
    if options.watch is not None and options.watch < LEAST_S:
        raise RefusedError(
            f"--watch {options.watch:g}: the service makes its lists at most once a second",
            "Say 1 or more.",
        )
    asyncio.run(_show(options, look))


async def _show(options: argparse.Namespace, look: Look) -> None:
    async with fleet(options) as service:
        if options.watch is None:
            _once(await look(service), as_json=options.json)
        elif options.json or not sys.stdout.isatty():
            await _lines(service, look, options.watch, as_json=options.json)
        else:
            await _live(service, look, options.watch)


def _once(found: Found, *, as_json: bool) -> None:
    if as_json:
        say_json(found.value)
    else:
        console().print(found.picture)


async def _lines(service: Fleet, look: Look, every_s: float, *, as_json: bool) -> None:
    """Print what changed, each on a line of its own; raises RefusedError once it can't be asked."""
    before: Any = None
    while True:
        found = await look(service)
        if found.value != before:
            before = found.value
            if as_json:
                say(json.dumps(found.value, ensure_ascii=False))
            else:
                _once(found, as_json=False)
            sys.stdout.flush()
        if found.over:
            return
        await asyncio.sleep(every_s)


async def _live(service: Fleet, look: Look, every_s: float) -> None:
    """Keep a picture up to date; raises RefusedError if the first look fails."""
    found = await look(service)
    with Live(_dated(found), console=console(), auto_refresh=False, screen=not found.over) as live:
        while not found.over:
            await asyncio.sleep(every_s)
            try:
                found = await look(service)
            except RefusedError as error:
                # The line of whoever watches goes, too: what was seen last stays, and says so.
                live.update(Group(Text(f"not up to date: {error}", "bold red"), _dated(found)))
            else:
                live.update(_dated(found))
            live.refresh()
    console().print(found.picture)


def _dated(found: Found) -> RenderableType:
    return Group(found.picture, Text(f"\nat {clock_time()}; Ctrl+C ends it", "dim"))


def console() -> Console:
    """Return standard output; what services say is text to it, and no markup."""
    return Console(file=sys.stdout, markup=False, emoji=False, highlight=False)
