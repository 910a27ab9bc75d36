"""The host that is looked at and changed: its files below a root, its user, its commands."""

import errno
import os
import platform
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

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

    def write(self, name: str, content: str | bytes, mode: int = 0o600) -> None:
        """Put a file there, whole and on disk, with the folders above it; raises StoppedError."""
        path = self.path(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, content.encode() if isinstance(content, str) else content)
            path.chmod(mode)
        except OSError as error:
            raise _not_written(name, error) from error

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
            raise _not_written(name, error) from error

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
        self, *words: str, within_s: float = _COMMAND_S, more: Mapping[str, str] | None = None
    ) -> Ran:
        """Run a command, with `more` in its environment; raises nothing.

        One that does not end within `within_s` is stopped, with status 124.
        """
        try:
            ended = subprocess.run(  # noqa: S603  the words are ours
                words,
                check=False,
                capture_output=True,
                text=True,
                errors="replace",
                stdin=subprocess.DEVNULL,
                timeout=within_s,
                env={**os.environ, **(more or {})},
            )
        except FileNotFoundError:
            return Ran(_NO_COMMAND, "", f"{words[0]}: not found")
        except subprocess.TimeoutExpired:
            return Ran(_NO_ANSWER, "", f"{words[0]}: no answer in {within_s:.0f} s")
        return Ran(ended.returncode, ended.stdout, ended.stderr)

    def is_active(self, *units: str) -> bool:
        """Say whether all these units run."""
        return all(self.run("systemctl", "is-active", unit).status == 0 for unit in units)


def _not_written(name: str, error: OSError) -> StoppedError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFullError(name)
    return StoppedError(
        f"{name} can't be written: {error.strerror}",
        "See that its folder is there and no read-only file system, then run it again.",
    )
