"""`kiosk-agent errand`: what operators want of this host, done as root by a unit of its own."""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Final

import pyrage
from pydantic import ValidationError

from kiosk_agent import exit_codes, log, unit_names
from kiosk_agent.adapters.durable import write_whole
from kiosk_agent.bootstrap.doctor import examine
from kiosk_agent.bootstrap.domain.checking import Level
from kiosk_agent.bootstrap.domain.redacting import redact, redact_json
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.refusing import StoppedError
from kiosk_agent.bootstrap.support import write_support_file
from kiosk_contracts.commands import (
    MOST_CONTENT,
    MOST_TEXT,
    CommandEnd,
    CommandKind,
    CommandOutcome,
    CommandToRun,
    LogSource,
    outcome,
)

_LOG_S: Final = 60
_MOST_BYTES: Final = 64 * 1024
_UNITS: Final = {
    LogSource.AGENT: unit_names.AGENT,
    LogSource.SUPERVISOR: unit_names.SUPERVISOR,
    LogSource.CONSOLE: unit_names.CONSOLE,
    LogSource.BOOTSTRAP: unit_names.BOOTSTRAP,
    LogSource.ECS: unit_names.ECS,
    LogSource.SSM: unit_names.SSM_AGENT,
    LogSource.DOCKER: unit_names.DOCKER,
}


def errand(options: argparse.Namespace) -> int:
    """Do what the supervisor laid down by an id; lay down what came of it."""
    log.configure("warning")
    stem: Path = options.folder / str(options.command_id)
    try:
        with stem.with_suffix(".command").open("rb") as file:
            command = CommandToRun.model_validate_json(file.read(_MOST_BYTES))
    except (OSError, ValidationError) as error:
        sys.stderr.write(f"kiosk-agent: there is no such errand: {type(error).__name__}\n")
        return exit_codes.REFUSED
    said = done(Host(), command)
    write_whole(stem.with_suffix(".outcome"), said.model_dump_json().encode())
    return exit_codes.OK


def done(host: Host, command: CommandToRun) -> CommandOutcome:
    """Do it; what fails is said in the outcome."""
    match command.kind:
        case CommandKind.LOGS:
            return _logs(host, command)
        case CommandKind.DOCTOR:
            return _doctor(host)
        case CommandKind.SUPPORT_BUNDLE:
            return _support_bundle(host, command.recipient)
        case CommandKind.REBOOT:
            return _reboot(host)
        case CommandKind.DRAIN | CommandKind.END_DRAIN | CommandKind.RESTART_UI:
            return outcome(CommandEnd.REFUSED, f"{command.kind} is no errand; nothing was done")


def _logs(host: Host, command: CommandToRun) -> CommandOutcome:
    unit = _UNITS[command.source]
    words = ("journalctl", "--no-pager", "-o", "short-iso", "-n", str(command.lines), "-u", unit)
    ran = host.run(*words, within_s=_LOG_S)
    if ran.status:
        return outcome(CommandEnd.FAILED, f"journalctl: {redact(ran.last_words)}")
    lines = redact(ran.out).splitlines()
    kept = _newest(lines)
    left_out = len(lines) - len(kept)
    why = f"{unit}: {len(kept)} lines"
    return outcome(
        CommandEnd.DONE,
        f"{why}; {left_out} older ones were too much" if left_out else why,
        content="".join(f"{line}\n" for line in kept).encode(),
        content_type="text/plain",
    )


def _newest(lines: list[str]) -> list[str]:
    """Return as many of the last lines as may be brought back."""
    room = MOST_TEXT
    for number, line in enumerate(reversed(lines)):
        room -= len(line.encode()) + 1
        if room < 0:
            return lines[len(lines) - number :]
    return lines


def _doctor(host: Host) -> CommandOutcome:
    found = examine(host)
    checks = [{"check": one.name, **asdict(one.found)} for one in found]
    wrong = [one.name for one in found if one.found.level is not Level.GOOD]
    why = f"to be looked at: {', '.join(wrong)}" if wrong else f"{len(found)} checks, all good"
    told = json.dumps(redact_json({"checks": checks}), ensure_ascii=False, default=str).encode()
    return outcome(CommandEnd.DONE, why, content=told, content_type="application/json")


def _support_bundle(host: Host, recipient: str) -> CommandOutcome:
    with tempfile.TemporaryDirectory(prefix="eventpro-support-") as folder:
        path = Path(folder) / "support.tar.gz"
        try:
            to = pyrage.x25519.Recipient.from_str(recipient)
            parts = write_support_file(host, examine(host), path)
        except pyrage.RecipientError:
            return outcome(CommandEnd.REFUSED, "the recipient is no age key; nothing was done")
        except StoppedError as stopped:
            return outcome(CommandEnd.FAILED, str(stopped))
        sealed: bytes = pyrage.encrypt(path.read_bytes(), [to])
    if len(sealed) > MOST_CONTENT:
        return outcome(
            CommandEnd.FAILED,
            f"it has {len(sealed)} bytes, and {MOST_CONTENT} may be sent; write it on the host: "
            "kiosk-agent doctor --support FILE",
        )
    why = f"{len(parts)} files, sealed; open it with: age -d -i KEY | tar xz"
    return outcome(CommandEnd.DONE, why, content=sealed, content_type="application/age")


def _reboot(host: Host) -> CommandOutcome:
    ran = host.run("systemctl", "--no-block", "reboot")
    if ran.status:
        return outcome(CommandEnd.FAILED, f"systemctl: {ran.last_words}")
    return outcome(CommandEnd.DONE, "the host was told to restart")
