"""`kiosk-agent host-command`: what Systems Manager has this host do, where its agent is away.

Each command is done once: that it is begun is on the disk before it is. The output is one line of
JSON and what was brought back behind it, for Systems Manager keeps the beginning of what is said.
"""

import argparse
import http
import json
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from kiosk_agent import exit_codes, log
from kiosk_agent.adapters.durable import make_directory, sync_directory, write_whole
from kiosk_agent.bootstrap.adapters.over_socket import ask
from kiosk_agent.bootstrap.domain.redacting import redact
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.places import ADMIN_SOCKET
from kiosk_agent.cli.errands import done
from kiosk_contracts.commands import CommandEnd, CommandKind, CommandOutcome, CommandToRun, outcome
from kiosk_contracts.host_document import MOST_OUTPUT

_RESTART: Final = "/v1/restart"
_ROOM: Final = 1000
"""Characters for the first line."""
_BEFORE: Final = "; that was before, and it is not done again"
_NOT_ENDED: Final = (
    "it was begun before, and nobody knows how far it came: it may have been done, and is not done "
    "again"
)
_FORCE: Final = "ask again, or force it"
_NOT_KNOWN: Final = (
    "; the agent did not answer, so nobody knows whether somebody was served or a payment had begun"
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the agent says of a restart."""

    why: str = ""
    """Who would be broken off."""
    unknown: str = ""
    """What nobody could be asked, as the end of a sentence."""


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
    before = _came_of(folder / str(command.command_id))
    if before is not None:
        return before
    restarts = command.kind is CommandKind.REBOOT
    asked = _ask_to_restart(host, command) if restarts else _Asked()
    if asked.why and not command.forced:
        return outcome(CommandEnd.REFUSED, redact(asked.why))
    said = _begun(host, command, folder)
    if restarts and said.end is not CommandEnd.DONE:
        _take_back(host, command)
    return said.model_copy(update={"why": f"{said.why}{asked.unknown}"})


def _begun(host: Host, command: CommandToRun, folder: Path) -> CommandOutcome:
    path = folder / str(command.command_id)
    try:
        _mark_begun(folder, path.name)
    except FileExistsError:
        return _came_of(path) or outcome(CommandEnd.REFUSED, f"{folder} is no folder")
    except OSError as error:
        return outcome(CommandEnd.REFUSED, f"that it is begun can't be kept: {error.strerror}")
    said = done(host, command)
    with suppress(OSError):
        # Who asks again because the answer was lost gets it: it was done, and is not done twice.
        words = said.model_copy(update={"content": "", "content_type": ""})
        write_whole(path, words.model_dump_json().encode())
    return said


def _came_of(path: Path) -> CommandOutcome | None:
    """Return what came of a command that was begun before; None: it was not."""
    try:
        kept = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return outcome(CommandEnd.REFUSED, f"whether it was begun can't be read: {error.strerror}")
    try:
        said = CommandOutcome.model_validate_json(kept)
    except ValidationError:
        return outcome(CommandEnd.FAILED, _NOT_ENDED)
    return outcome(said.end, f"{said.why}{_BEFORE}")


def _mark_begun(folder: Path, name: str) -> None:
    """Have a file of the command's on the disk; raises FileExistsError where there is one."""
    make_directory(folder)
    os.close(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    sync_directory(folder)


def _ask_to_restart(host: Host, command: CommandToRun) -> _Asked:
    """Have the agent decide: it names whom that would break off, or sells nothing anew."""
    told = {"command_id": str(command.command_id), "forced": command.forced}
    try:
        status, body = ask(host.path(ADMIN_SOCKET), "POST", _RESTART, told)
    except TimeoutError:
        # It runs, and may decide yet: somebody may be served.
        _take_back(host, command)
        return _Asked(f"its agent did not answer in time; {_FORCE}")
    except OSError:
        return _Asked(unknown=_NOT_KNOWN)
    try:
        says = json.loads(body)
    except ValueError:
        says = None
    why = says.get("why") if status == http.HTTPStatus.OK and isinstance(says, dict) else None
    if isinstance(why, str):
        return _Asked(why)
    return _Asked(f"its agent does not say whether somebody is served ({status}); {_FORCE}")


def _take_back(host: Host, command: CommandToRun) -> None:
    """Have the agent sell again: by itself it would in some minutes."""
    with suppress(OSError):
        ask(host.path(ADMIN_SOCKET), "DELETE", f"{_RESTART}/{command.command_id}")


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
