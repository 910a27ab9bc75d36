"""What the line obeys over its control socket: one line of JSON in, one line of JSON out."""

import argparse
import asyncio
import json
import os
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from demo.line_faults import FaultKind
from demo.line_proxy import Line

MAX_SOCKET_PATH_BYTES = 107


async def obey(line: Line, command: argparse.Namespace) -> dict[str, Any]:
    """Carry out one command, as `demo.line_control` parsed it, and return the line's status."""
    match command.command:
        case "up":
            await line.up()
        case "cut":
            await line.cut()
        case "hang":
            await line.hang()
        case "clear":
            line.clear()
        case "wait":
            await line.wait_fired(command.name, command.times)
        case "status":
            pass
        case kind:
            line.add(
                FaultKind(kind),
                command.times,
                status=getattr(command, "status", 500),
                retry_after_s=getattr(command, "retry_after_s", 1),
                only=command.only,
            )
    return line.status()


@asynccontextmanager
async def serve_control(line: Line, path: str) -> AsyncIterator[None]:
    """Obey commands at a unix socket of mode 0600; raises OSError if it can't be made."""
    place = Path(path)
    _make_room(place)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            raw = await reader.readline()
            writer.write(json.dumps(await _answered(line, raw)).encode() + b"\n")
            await writer.drain()
        finally:
            writer.close()

    old_umask = os.umask(0o177)
    try:
        server = await asyncio.start_unix_server(answer, path)
    finally:
        os.umask(old_umask)
    try:
        yield
    finally:
        server.close()
        _remove(place)


async def _answered(line: Line, raw: bytes) -> dict[str, Any]:
    try:
        command = argparse.Namespace(**json.loads(raw))
        return {"ok": True, "status": await obey(line, command)}
    except (ValueError, TypeError, AttributeError, OSError) as error:
        return {"ok": False, "error": f"{type(error).__name__}: {error}"}


def _make_room(place: Path) -> None:
    """Remove a socket left over by a line that was killed; anything else is in the way."""
    if len(os.fsencode(place)) > MAX_SOCKET_PATH_BYTES:
        raise OSError(f"the control socket's path is longer than {MAX_SOCKET_PATH_BYTES} bytes")
    if place.exists():
        if not stat.S_ISSOCK(place.stat().st_mode):
            raise OSError(f"{place} exists and is no socket; name another path")
        place.unlink()


def _remove(place: Path) -> None:
    place.unlink(missing_ok=True)
