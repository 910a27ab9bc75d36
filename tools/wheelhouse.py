"""The wheels of a lock in a folder, so that an image is built without an index."""

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from operator_cli.refusing import RefusedError

ROOT: Final = Path(__file__).resolve().parent.parent
WHEELS: Final = ROOT / "build/wheels"
_PYTHON: Final = "3.11"
_GLIBCS: Final = (36, 34, 31, 28, 17, 12, 5)
"""Versions 2.x that wheels are built for and Debian 12 has, or newer."""
_PIP: Final = re.compile(r"^pip==.*\n(?:[ \t].*\n)*", re.MULTILINE)


def gather_wheels(name: str, machine: str) -> Path:
    """Gather the wheels of `requirements/<name>.txt`, and pip's, each checked by its hash.

    `machine` is the processor's name, such as x86_64. They stay until the lock changes.
    Raises RefusedError.
    """
    lock = (ROOT / f"requirements/{name}.txt").read_text()
    wanted = lock + ("" if _PIP.search(lock) else _pip())
    key = hashlib.sha256(f"{machine}\n{wanted}".encode()).hexdigest()
    folder, stamp = WHEELS / name, WHEELS / f"{name}.key"
    if stamp.exists() and stamp.read_text() == key:
        return folder
    size = re.search(r"^# download: (.+)$", lock, flags=re.MULTILINE)
    print(f"image: wheels of {name}, {size[1] if size else 'unknown'}", file=sys.stderr, flush=True)
    stamp.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    asked = WHEELS / f"{name}.asked.txt"
    asked.write_text(wanted)
    _download(asked, folder, machine)
    asked.unlink()
    stamp.write_text(key)
    return folder


def _pip() -> str:
    """Return what the development lock says of pip: it installs the others."""
    found = _PIP.search((ROOT / "requirements/dev.txt").read_text())
    if found is None:
        raise RefusedError("requirements/dev.txt has no pip", "Run `make lock`.")
    return found[0]


def _download(asked: Path, folder: Path, machine: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
    command += ["--require-hashes", "--no-deps", "--only-binary", ":all:"]
    command += ["--python-version", _PYTHON, "--implementation", "cp"]
    for glibc in _GLIBCS:
        command += ["--platform", f"manylinux_2_{glibc}_{machine}"]
    for older in ("manylinux2014", "manylinux1"):
        command += ["--platform", f"{older}_{machine}"]
    done = subprocess.run(
        [*command, "--dest", str(folder), "-r", str(asked)],
        cwd=ROOT,
        stdout=sys.stderr,
        check=False,
    )
    if done.returncode != 0:
        raise RefusedError(
            "wheels can't be had, see above", "Is the line up, and is pip's index reachable?"
        )
