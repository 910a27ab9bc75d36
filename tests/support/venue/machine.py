"""A venue host: a real systemd with its own disk, network and screen, that can lose its power."""

import asyncio
import os
import re
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from tests.support.venue.network import HostLine
from tests.support.venue.screen import HostScreen
from tests.support.venue.spaces import DIES_WITH_US, layered, own_cgroups

BOOT_S = 90
_LEADER = re.compile(rb"^X_NSPAWN_LEADER_PID=(\d+)$", re.MULTILINE)
_READY = re.compile(rb"^READY=1$", re.MULTILINE)
_SCREEN_KEPT = Path("etc/systemd/system/kiosk-bootstrap.service.d/pseudo-terminal.conf")
_LOOK = ("--register=no", "--keep-unit", "--console=pipe", "--resolv-conf=off", "--quiet")


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that ended on the host."""

    status: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """All that it wrote."""
        return self.out + self.err


class VenueMachine:
    """One host. Its disk and its network line are there before it boots and after a power cut.

    A power cut ends every process at once, as SIGKILL from the kernel; what was written and not
    synced is still in this machine's memory, so of lost writes it shows nothing: `make proof` does.
    """

    def __init__(self, name: str, root: Path, line: HostLine, screen: HostScreen) -> None:
        self.name = name
        self.root = root
        """Its disk, to look at and lay files on, also while it is off."""
        self.line = line
        self.screen = screen
        self._nspawn: asyncio.subprocess.Process | None = None
        self._leader = 0
        self._on = ExitStack()

    @property
    def running(self) -> bool:
        """Whether it has power."""
        return self._nspawn is not None

    def inside(self, path: str) -> Path:
        """Return where this process finds a path of the running host, /run and sockets included."""
        return Path(f"/proc/{self._leader}/root{path}")

    async def boot(self, *options: str, until_ready: bool = True) -> None:
        """Switch it on; return when its services are up, or at once when systemd has begun.

        It is not ready while a unit that belongs to the boot waits for a person. `options` are
        further ones of systemd-nspawn, e.g. `--bind=/a/stick:/media/usb`.
        """
        assert not self.running, f"{self.name} is on"
        self._keep_what_is_on_the_screen()
        told = self._on.enter_context(_notifications(self.root.parent / "notify"))
        groups = self._on.enter_context(own_cgroups(f"venue-{token_hex(4)}-{self.name}"))
        log = self._on.enter_context((self.root.parent / "console.log").open("ab"))
        enter = "".join(f"echo $$ >{group}; " for group in groups)
        self._nspawn = await asyncio.create_subprocess_exec(
            *DIES_WITH_US,
            *("sh", "-c", f'{enter}exec "$@"', "sh"),
            *("systemd-nspawn", "--boot", "--notify-ready=yes", *_LOOK),
            *(f"--machine={self.name}", f"--directory={self.root}"),
            f"--network-namespace-path={self.line.space}",
            # A login waits for both of these: a host with a console has them.
            *(f"--bind={self.screen.device}:/dev/tty{number}" for number in (0, 1)),
            *options,
            env={**os.environ, "NOTIFY_SOCKET": told.getsockname()},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        self._leader = int((await self._told(told, _LEADER)).group(1))
        if until_ready:
            await self._told(told, _READY)
        self._on.enter_context(_passed_over(told))

    def _keep_what_is_on_the_screen(self) -> None:
        """Spare it the reset: a pseudo-terminal loses what was just written; a console shows it."""
        usual = self.root / _SCREEN_KEPT
        usual.parent.mkdir(parents=True, exist_ok=True)
        usual.write_text("[Service]\nTTYVHangup=no\nTTYReset=no\n")

    async def _told(self, told: socket.socket, wanted: re.Pattern[bytes]) -> re.Match[bytes]:
        """Wait for a message of systemd-nspawn."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(BOOT_S):
                while not (found := wanted.search(await loop.sock_recv(told, 4096))):
                    pass
        except TimeoutError:
            raise AssertionError(f"{self.name} said no {wanted.pattern!r}:\n{self.log()}") from None
        return found

    def log(self) -> str:
        """Return what its console showed, of all boots."""
        return (self.root.parent / "console.log").read_text(errors="replace")

    async def power_cut(self) -> None:
        """Take its power: every process of it ends at once, without a word."""
        os.kill(self._leader, signal.SIGKILL)
        await self._gone()

    async def shut_down(self) -> None:
        """Switch it off as a person does."""
        assert self._nspawn is not None
        self._nspawn.terminate()
        await self._gone()

    async def _gone(self) -> None:
        assert self._nspawn is not None
        async with asyncio.timeout(BOOT_S):
            await self._nspawn.wait()
        self._nspawn, self._leader = None, 0
        self._on.close()

    async def off(self) -> None:
        """End it, whatever happened."""
        if self._nspawn is not None:
            with suppress(ProcessLookupError):
                # Before it has told who leads, its own end takes that one along.
                os.kill(self._leader or self._nspawn.pid, signal.SIGKILL)
            await self._gone()

    async def run(self, *command: str, timeout_s: float = 60) -> Ran:
        """Run a command on the host as root; return how it ended."""
        process = await self._start(*command)
        try:
            async with asyncio.timeout(timeout_s):
                out, err = await process.communicate()
        except TimeoutError:
            process.kill()
            raise AssertionError(f"{' '.join(command)} did not end in {timeout_s:g} s") from None
        return Ran(process.returncode or 0, out.decode(), err.decode())

    async def _start(self, *command: str) -> asyncio.subprocess.Process:
        """Start a command on the host, which ends with what runs it here."""
        return await asyncio.create_subprocess_exec(
            *("nsenter", f"--target={self._leader}", "--all", "--", *DIES_WITH_US, *command),
            cwd="/",
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "TERM": "dumb"},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def tell(self, *command: str, timeout_s: float = 60) -> str:
        """Run a command that has to go well; return what it wrote to standard output."""
        ran = await self.run(*command, timeout_s=timeout_s)
        assert ran.status == 0, f"{' '.join(command)}: {ran.status}\n{ran.said}"
        return ran.out

    async def state(self, unit: str) -> str:
        """Return a unit's state, e.g. `active` or `failed`."""
        return (await self.run("systemctl", "is-active", unit)).out.strip()

    async def main_pid(self, unit: str) -> int:
        """Return the id of a unit's main process on the host; 0 if it has none."""
        told = await self.tell("systemctl", "show", "--property=MainPID", "--value", unit)
        return int(told)

    async def journal(self, unit: str) -> list[str]:
        """Return the messages of a unit since this boot."""
        words = ("journalctl", "--boot", "--output=cat", "--no-pager", f"--unit={unit}")
        return (await self.tell(*words)).splitlines()

    async def until_journal(self, unit: str, wanted: str, timeout_s: float = 60) -> str:
        """Follow a unit's messages since this boot until one matches; return it."""
        follow = ("journalctl", "--boot", "--output=cat", "--follow", "--lines=all")
        process = await self._start(*follow, f"--unit={unit}")
        assert process.stdout is not None
        lines: list[str] = []
        try:
            async with asyncio.timeout(timeout_s):
                async for raw in process.stdout:
                    lines.append(raw.decode(errors="replace").rstrip())
                    if re.search(wanted, lines[-1]):
                        return lines[-1]
        except TimeoutError:
            pass
        finally:
            process.kill()
            await process.wait()
        raise AssertionError("\n".join([f"{unit} never said {wanted!r}:", *lines[-30:]]))

    async def answer_password(self, text: str, prompt: str = r"\S", timeout_s: float = 60) -> None:
        """Type the answer where the screen asks: systemd-ask-password asks on its terminal."""
        await self.screen.until(prompt, timeout_s)
        self.screen.type(f"{text}\r")

    async def reply_password(self, text: str, timeout_s: float = 60) -> None:
        """Answer as a password agent where a program without a terminal asks.

        https://systemd.io/PASSWORD_AGENTS/
        """
        asked = self.inside("/run/systemd/ask-password")
        async with asyncio.timeout(timeout_s):
            while not (files := list(asked.glob("ask.*"))):  # noqa: ASYNC110  as agents do
                await asyncio.sleep(0.05)
        found = re.search(r"^Socket=(.+)$", files[0].read_text(), re.MULTILINE)
        assert found
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as reply:
            reply.sendto(b"+" + text.encode(), str(self.inside(found[1])))


@contextmanager
def _passed_over(told: socket.socket) -> Iterator[None]:
    """Read what nobody waits for: systemd-nspawn hangs, also at its end, while it is not read."""
    loop = asyncio.get_running_loop()
    loop.add_reader(told, told.recv, 4096)
    try:
        yield
    finally:
        loop.remove_reader(told)


@contextmanager
def _notifications(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        path.unlink(missing_ok=True)
        told.bind(str(path))
        told.setblocking(False)  # noqa: FBT003  socket's own signature
        yield told


@asynccontextmanager
async def venue_machine(
    name: str, folder: Path, layers: Sequence[Path], line: HostLine
) -> AsyncIterator[VenueMachine]:
    """Lay a host's disk over the layers, the topmost first. At the end it is off and gone."""
    with HostScreen() as screen, layered(layers, folder) as root:
        (root / "etc/hostname").write_text(f"{name}\n")
        machine = VenueMachine(name, root, line, screen)
        try:
            yield machine
        finally:
            await machine.off()


def on_disk(
    root: Path, *command: str, bind: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """Run a command on a host's disk without booting it, as an image builder does."""
    binds = [f"--bind-ro={one}" for one in bind]
    return subprocess.run(
        ["systemd-nspawn", *_LOOK, "--private-network", f"--directory={root}", *binds, *command],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
