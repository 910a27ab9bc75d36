"""`fleetctl token list | create | revoke` and `fleetctl whoami`."""

import argparse
import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path

from rich.text import Text

from fleet_service.fleetctl.fleet import Fleet, fleet, named
from fleet_service.fleetctl.shown import Found, show
from fleet_service.fleetctl.words import facts, table, when
from kiosk_contracts.operators import (
    MadeOperatorToken,
    NewOperatorToken,
    OperatorSelf,
    OperatorTokenPage,
    OperatorTokenStanding,
)
from operator_cli.durations import duration
from operator_cli.orders import order
from operator_cli.refusing import RefusedError
from operator_cli.showing import confirm, say, say_json

_TOKENS = "/v1/ops/operator-tokens"


def who_am_i(options: argparse.Namespace) -> None:
    """Show whose token it is, and what it may do."""

    async def look(service: Fleet) -> Found:
        told = await service.get(OperatorSelf, "/v1/ops/me")
        pairs: list[tuple[str, Text | str]] = [
            ("name", told.name),
            ("role", told.role),
            ("token", told.token_id),
            ("until", when(told.expires_at) if told.expires_at else "it has no end"),
        ]
        return Found(told.to_json(), facts(pairs))

    show(options, look)


def show_list(options: argparse.Namespace) -> None:
    """List the tokens, without their secrets."""

    async def look(service: Fleet) -> Found:
        tokens: list[OperatorTokenStanding] = []
        async for page in service.pages(OperatorTokenPage, _TOKENS):
            tokens += page.tokens
        rows = [
            (
                one.token_id,
                one.name,
                one.role,
                _until(one),
                str(one.last_used_on or "never"),
                one.made_by,
            )
            for one in tokens
        ]
        picture = table(("TOKEN", "NAME", "ROLE", "UNTIL", "LAST USED", "MADE BY"), rows)
        return Found([one.to_json() for one in tokens], picture)

    show(options, look)


def _until(token: OperatorTokenStanding) -> str:
    if token.revoked_at is not None:
        return f"revoked {when(token.revoked_at)}"
    over = token.expires_at <= datetime.now(UTC)
    return f"{'ended ' if over else ''}{when(token.expires_at)}"


def create(options: argparse.Namespace) -> None:
    """Make a token and put it into a file that nobody else can read."""
    until = datetime.now(UTC) + duration(options.lasts)
    wanted = order(NewOperatorToken, name=options.name, role=options.role, expires_at=until)
    path = Path(options.write)
    # Before it is made: a token that can't be kept is in the world all the same.
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise RefusedError(f"{path}: {error.strerror}", "Name a file that is not there.") from error
    try:
        made = asyncio.run(_make(options, wanted))
        os.write(handle, made.token.get_secret_value().encode() + b"\n")
    except BaseException:
        path.unlink()
        raise
    finally:
        os.close(handle)
    if options.json:
        told = made.to_json()
        told.pop("token")
        say_json({**told, "file": str(path)})
    else:
        say(f"{made.token_id}: {made.name} is {made.role} until {when(made.expires_at)}")
        say(f"the token is in {path}")


async def _make(options: argparse.Namespace, wanted: NewOperatorToken) -> MadeOperatorToken:
    async with fleet(options) as service:
        return await service.send(MadeOperatorToken, _TOKENS, wanted)


def revoke(options: argparse.Namespace) -> None:
    """Let a token count no more."""
    confirm(options, f"Let the token {options.token_id} count no more?")

    async def send() -> OperatorTokenStanding:
        async with fleet(options) as service:
            path = named(f"{_TOKENS}/{{token}}/revoke", token=options.token_id)
            return await service.send(OperatorTokenStanding, path)

    told = asyncio.run(send())
    if options.json:
        say_json(told.to_json())
    else:
        say(f"{told.token_id}: {told.name} counts no more")
