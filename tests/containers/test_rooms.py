"""A venue host's room: a Docker and a /run of its own, and no way out but what is carried."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from demo.releases.room import IMAGES, Room
from demo.releases.ways import Ways
from tests.support.containers.docker import docker
from tests.support.containers.required import ROOT, require_containers
from tests.support.external_instance import until

pytestmark = [pytest.mark.containers, pytest.mark.timeout(120)]

HELLO = b"hello from outside\n"


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    require_containers()
    room = Room("till-1", tmp_path, tmp_path / "log")
    try:
        await room.start()
        yield room
    finally:
        await room.stop()


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Serve a greeting on this machine's loopback."""

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer):
            writer.write(HELLO)

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        yield int(server.sockets[0].getsockname()[1])


async def said_in(room: Room, *words: str) -> tuple[int, bytes]:
    """Run a command in a room; return its exit status and what it printed."""
    process = await asyncio.create_subprocess_exec(
        *room.inside(words), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out


async def heard(room: Room, port: int) -> tuple[int, bytes]:
    """Connect from inside; 0 and what came, or not 0."""
    code = (
        "import socket, sys; s = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 10);"
        "sys.stdout.write(s.recv(100).decode())"
    )
    return await said_in(room, sys.executable, "-c", code, str(port))


async def test_its_docker_and_its_run_are_its_own(room: Room) -> None:
    ask = ("docker", "--host", "unix:///run/docker.sock", "info")
    root = ("--format", "{{.DockerRootDir}}, {{.Images}} images")
    assert await said_in(room, *ask, *root) == (0, f"{IMAGES}, 0 images\n".encode())
    assert docker("info", *root) != f"{IMAGES}, 0 images"
    assert (await said_in(room, "stat", "-c", "%a %g", "/run/eventpro"))[1] == b"2750 10600\n"


async def test_there_is_no_way_out_until_it_is_carried_and_none_while_it_is_cut(
    room: Room, port: int
) -> None:
    assert (await heard(room, port))[0] != 0
    async with Ways(room.pid, [port]) as ways:
        assert await heard(room, port) == (0, HELLO)
        assert ways.turned_away == 0
        ways.cut()
        assert HELLO not in (await heard(room, port))[1]
        assert ways.turned_away == 1
        ways.restore()
        assert await heard(room, port) == (0, HELLO)


async def test_what_runs_in_it_ends_with_it(tmp_path: Path) -> None:
    require_containers()
    room = Room("till-1", tmp_path, tmp_path / "log")
    await room.start()
    process = await asyncio.create_subprocess_exec(*room.inside(["sleep", "600"]))
    await room.stop()
    async with asyncio.timeout(30):
        assert await process.wait() != 0


async def test_a_room_goes_with_a_demo_that_is_killed(tmp_path: Path) -> None:
    require_containers()
    code = (
        "import asyncio, sys; from pathlib import Path; from demo.releases.room import Room\n"
        "async def hold():\n"
        "    folder = Path(sys.argv[1]); room = Room('till-1', folder, folder / 'log')\n"
        "    await room.start(); print(room.pid, flush=True); await asyncio.Event().wait()\n"
        "asyncio.run(hold())\n"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code, str(tmp_path)), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    first = Path("/proc") / (await process.stdout.readline()).decode().strip()
    assert first.name.isdigit()
    process.kill()
    await process.wait()
    await until(lambda: not first.exists(), "the end of the room")
