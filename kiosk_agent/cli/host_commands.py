"""`kiosk-agent host-command`: what Systems Manager has this host do, where its agent is away.

Each command is done once: that it is begun is on the disk before it is. The output is one line of
JSON and what was brought back behind it, for Systems Manager keeps the beginning of what is said.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any, Final

from kiosk_agent import exit_codes, log
from kiosk_agent.adapters.durable import make_directory, sync_directory
from kiosk_agent.bootstrap.adapters.over_socket import get_json
from kiosk_agent.bootstrap.domain.redacting import redact
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.places import ADMIN_SOCKET
from kiosk_agent.cli.errands import done
from kiosk_contracts.commands import CommandEnd, CommandKind, CommandOutcome, CommandToRun, outcome
from kiosk_contracts.host_document import MOST_OUTPUT

_ROOM: Final = 1000
"""Characters for the first line."""


def host_command(options: argparse.Namespace) -> int:
    """Do it, unless it was begun before; 1: it was refused, or failed."""
    log.configure("warning")
    host = Host()
    command = CommandToRun.model_validate(
        {
            "command_id": options.command_id,
            "kind": options.kind,
            "forced": options.forced == "yes" and options.kind == CommandKind.REBOOT,
            "source": options.source,
            "lines": options.lines,
            "expires_at": "9999-12-31T00:00:00Z",
        }
    )
    said = _once(host, command, options.folder)
    sys.stdout.write(_told(said))
    return exit_codes.OK if said.end is CommandEnd.DONE else exit_codes.WARNINGS


def _once(host: Host, command: CommandToRun, folder: Path) -> CommandOutcome:
    why = _who_is_served(host) if command.kind is CommandKind.REBOOT else ""
    if why and not command.forced:
        return outcome(CommandEnd.REFUSED, f"{redact(why)}; ask again, or force it")
    try:
        _mark_begun(folder, str(command.command_id))
    except FileExistsError:
        return outcome(CommandEnd.REFUSED, "it was begun before, and is not done again")
    except OSError as error:
        return outcome(CommandEnd.REFUSED, f"that it is begun can't be kept: {error.strerror}")
    return done(host, command)


def _mark_begun(folder: Path, name: str) -> None:
    """Have a file of the command's on the disk; raises FileExistsError where there is one."""
    make_directory(folder)
    os.close(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    sync_directory(folder)


def _who_is_served(host: Host) -> str:
    """Return who is served, as the agent says it; nobody, where that does not answer."""
    seen: Any = get_json(host.path(ADMIN_SOCKET), "/v1/screens")
    screens = seen.get("screens") if isinstance(seen, dict) else None
    for one in screens if isinstance(screens, list) else []:
        if isinstance(one, dict) and one.get("holds") and one.get("busy"):
            return f"somebody is served at its screen ({one.get('why') or 'just now'})"
    return ""


def _told(said: CommandOutcome) -> str:
    content = said.raw.decode(errors="replace")
    head = {"end": said.end, "why": said.why, "content_type": said.content_type}
    room = MOST_OUTPUT - _ROOM
    if len(content) > room and said.content_type == "text/plain":
        content = content[-room:].partition("\n")[2]
        head["why"] += "; older lines are more than Systems Manager brings back"
    elif len(content) > room:
        content, head["content_type"] = "", ""
        head["why"] += "; all of it is more than Systems Manager brings back"
    return json.dumps(head) + "\n" + content
