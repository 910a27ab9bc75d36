"""The host that is looked at and changed: its files below a root, its user, its commands."""

import errno
import os
import platform
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from kiosk_agent.adapters.durable import write_whole
from kiosk_agent.bootstrap.refusing import DiskFullError, StoppedError

_COMMAND_S: Final = 20
_MOST_BYTES: Final = 1024 * 1024
_NO_COMMAND: Final = 127
_NO_ANSWER: Final = 124


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that ended; `status` is 127 where there is no such command."""

    status: int
    out: str
    err: str

    @property
    def last_words(self) -> str:
        """The last line that it said."""
        lines = [line.strip() for line in (self.out + self.err).splitlines() if line.strip()]
        return lines[-1] if lines else f"it ended with {self.status} and said nothing"


@dataclass(frozen=True, slots=True)
class Host:
    """This host. Tests give another root, with files as another host has them."""

    root: Path = Path("/")
    introspection: str = "http://127.0.0.1:51678"
    """Where the ECS agent says what it is, without a slash at its end."""

    def path(self, name: str) -> Path:
        """Return where an absolute name is below the root."""
        return self.root / name.lstrip("/")

    def read(self, name: str) -> str | None:
        """Return a file's text; None if it is not there, or can't be read."""
        try:
            with self.path(name).open("rb") as file:
                return file.read(_MOST_BYTES).decode("utf-8", "replace")
        except OSError:
            return None

    def has(self, name: str) -> bool:
        """Say whether something is at a name."""
        return self.path(name).exists()

    def names(self, folder: str) -> list[str]:
        """Return the names in a folder, in order; none if it is not there."""
        try:
            return sorted(one.name for one in self.path(folder).iterdir())
        except OSError:
            return []

    def write(self, name: str, content: str | bytes, mode: int = 0o600) -> None:
        """Put a file there, whole and on disk, with the folders above it; raises StoppedError."""
        path = self.path(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, content.encode() if isinstance(content, str) else content)
            path.chmod(mode)
        except OSError as error:
            raise not_written(name, error) from error

    def remove(self, name: str) -> None:
        """Remove a file, if it is there; raises StoppedError."""
        try:
            self.path(name).unlink(missing_ok=True)
        except OSError as error:
            raise not_written(name, error) from error

    def set_aside(self, name: str) -> None:
        """Move what is at a name out of the way, to `NAME.aside`; what was there before is gone."""
        path = self.path(name)
        aside = path.with_name(f"{path.name}.aside")
        try:
            if not path.exists():
                return
            if aside.is_dir():
                shutil.rmtree(aside)
            path.replace(aside)
        except OSError as error:
            raise not_written(name, error) from error

    def is_root(self) -> bool:
        """Say whether this process may change the host."""
        return os.geteuid() == 0

    def architecture(self) -> str:
        """Return the processor's, e.g. `x86_64`."""
        return platform.machine()

    def room(self, name: str) -> os.statvfs_result:
        """Return the room of the filesystem that a name is, or would be, on."""
        path = self.path(name)
        while not path.exists():
            path = path.parent
        return os.statvfs(path)

    def find(self, command: str) -> str | None:
        """Return where a command is."""
        return shutil.which(command)

    def run(
        self,
        *words: str,
        within_s: float = _COMMAND_S,
        more: Mapping[str, str] | None = None,
        at: Path | None = None,
        keeps: Sequence[int] = (),
        as_one: bool = False,
    ) -> Ran:
        """Run a command in the folder `at`, with `more` in its environment; raises nothing.

        `keeps`: descriptors that it inherits. `as_one`: all that it says is in `out`, in order. One
        that does not end within `within_s` is stopped, with all that it started; its status is 124.
        """
        try:
            process = subprocess.Popen(  # noqa: S603  the words are ours
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if as_one else subprocess.PIPE,
                text=True,
                errors="replace",
                cwd=at or "/",
                pass_fds=keeps,
                env={**os.environ, **(more or {})},
            )
        except OSError:
            return Ran(_NO_COMMAND, "", f"{words[0]}: not found")
        with process:
            try:
                out, err = process.communicate(timeout=within_s)
            except subprocess.TimeoutExpired:
                _stop(process.pid)
                out, err = process.communicate()
                err = f"{err or ''}\n{words[0]}: no answer in {within_s:.0f} s"
                return Ran(_NO_ANSWER, out, err)
        return Ran(process.returncode, out, err or "")

    def is_active(self, *units: str) -> bool:
        """Say whether all these units run."""
        return all(self.run("systemctl", "is-active", unit).status == 0 for unit in units)


def _stop(pid: int) -> None:
    """End a process and all that it started."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        for one in (*process.children(recursive=True), process):
            with suppress(psutil.NoSuchProcess):
                one.kill()


def not_written(name: str, error: OSError) -> StoppedError:
    """Return that a file could not be read or written, as whoever stands there reads it."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFullError(name)
    return StoppedError(
        f"{name} can't be read or written: {error.strerror}",
        "See that its folder is there and no read-only file system, then run it again.",
    )
