"""The host that is looked at: its files below a root, its user, its commands."""

import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_COMMAND_S: Final = 20
_MOST_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that ended; `status` is 127 where there is no such command."""

    status: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Host:
    """This host. Tests give another root, with files as another host has them."""

    root: Path = Path("/")

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

    def run(self, *words: str) -> Ran:
        """Run a command; one that does not end within 20 s is stopped, with status 124."""
        try:
            ended = subprocess.run(  # noqa: S603  the words are ours
                words, check=False, capture_output=True, text=True, timeout=_COMMAND_S
            )
        except FileNotFoundError:
            return Ran(127, "", f"{words[0]}: not found")
        except subprocess.TimeoutExpired:
            return Ran(124, "", f"{words[0]}: no answer in {_COMMAND_S} s")
        return Ran(ended.returncode, ended.stdout, ended.stderr)
