"""`kiosk-agent status --why`: what the supervisor decided about the kiosk's screen."""

import argparse
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import aiohttp

from kiosk_agent import exit_codes
from kiosk_agent.cli.showing import say, say_json, time_words
from kiosk_contracts.plain_text import made_plain

_ASK_S: Final = 5.0


async def why(options: argparse.Namespace) -> int:
    """Show the last hundred decisions, the newest last."""
    try:
        found = await _decisions(options.supervisor_socket)
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError, KeyError) as error:
        say(f"The supervisor does not answer at {options.supervisor_socket}: {error}")
        say("It is for root alone; see `systemctl status kiosk-supervisor`.")
        return exit_codes.NOT_RUNNING
    if options.json:
        say_json(found)
        return exit_codes.OK
    for one in found:
        at = time_words(datetime.fromisoformat(one["at"]))
        failed = "" if one["outcome"] == "done" else f"  FAILED: {one['outcome']}"
        # Some of it is what others said, which no terminal of root's is to obey.
        say(made_plain(f"{at}  {one['what']}{failed}{_again(one)}"))
        say(f"    {made_plain(one['why'])}")
    if not found:
        say("Nothing was decided yet.")
    return exit_codes.OK


def _again(one: dict[str, Any]) -> str:
    """Say how often it was decided, others coming between."""
    if not one.get("last_at"):
        return ""
    return f"  ({one['times']} times, last {time_words(datetime.fromisoformat(one['last_at']))})"


async def _decisions(socket: Path) -> Any:
    async with (
        aiohttp.ClientSession(
            "http://supervisor",
            connector=aiohttp.UnixConnector(str(socket)),
            timeout=aiohttp.ClientTimeout(total=_ASK_S),
        ) as supervisor,
        supervisor.get("/v1/decisions") as answer,
    ):
        answer.raise_for_status()
        return (await answer.json())["decisions"]
