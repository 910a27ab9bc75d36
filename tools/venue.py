"""Make ready what `make test-venue` boots, as root: tools, a base tree of Debian 12, the package.

    python tools/venue.py

The tree is made with the apt sources of this machine and kept in build/venue until the list of
packages, or those sources, change; the package is built anew each time.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import deb
from setup_venv import install_debian

from operator_cli.refusing import RefusedError

ROOT: Final = Path(__file__).resolve().parent.parent
PLACE: Final = ROOT / "build/venue"
BASE: Final = PLACE / "base"
SUITE: Final = "bookworm"
TOOLS: Final = {
    "mmdebstrap": "mmdebstrap",
    "systemd-nspawn": "systemd-container",
    "systemd-analyze": "systemd",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
}
"""Commands that the harness runs, and the Debian packages that have them."""
PACKAGES: Final = (
    "ca-certificates",
    "curl",
    "dbus",
    "docker.io",
    "gpg",
    "gpg-agent",
    "iproute2",
    "jq",
    "libpam-systemd",
    "libusb-1.0-0",
    "openssl",
    "procps",
    "python3",
    "systemd",
    "systemd-sysv",
    "udev",
)
"""What a venue host has before the kiosk's package comes."""
_SOURCES: Final = (Path("/etc/apt/sources.list.d/debian.sources"), Path("/etc/apt/sources.list"))


def main() -> int:
    """Make it ready; return the exit code."""
    if os.geteuid() != 0:
        print("venue: hosts are booted by root; run it as root", file=sys.stderr)
        return os.EX_NOPERM
    missing = sorted({package for tool, package in TOOLS.items() if shutil.which(tool) is None})
    if missing and not install_debian(missing, "tests of venue hosts boot them"):
        return os.EX_UNAVAILABLE
    PLACE.mkdir(parents=True, exist_ok=True)
    if not _make_base():
        return 1
    try:
        print(f"venue: {deb.build(PLACE, [], fast=True).name} is built")
    except RefusedError as error:
        print(f"venue: {error}", file=sys.stderr)
        return 1
    return 0


def _make_base() -> bool:
    """Make the base tree unless the one that is there is the one that is wanted."""
    stamp = PLACE / "base.key"
    key = _key()
    if BASE.exists() and stamp.exists() and stamp.read_text() == key:
        return True
    print("venue: making the base tree of Debian 12, about half a minute", flush=True)
    stamp.unlink(missing_ok=True)
    shutil.rmtree(BASE, ignore_errors=True)
    command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(PACKAGES)}"]
    command += [*proxies(), SUITE, str(BASE), *map(str, sources())]
    if subprocess.run(command, check=False).returncode != 0:
        print("venue: that failed, see above. Is the line up?", file=sys.stderr)
        return False
    # These hosts' disks are thrown away; dpkg would sync each file on them.
    (BASE / "etc/dpkg/dpkg.cfg.d/venue").write_text("force-unsafe-io\n")
    stamp.write_text(key)
    return True


def _key() -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for source in sources():
        digest.update(source.read_bytes())
    return digest.hexdigest()


def sources() -> list[Path]:
    """Return this machine's apt sources where they are Debian 12's; else mmdebstrap has its own."""
    release = Path("/etc/os-release").read_text()
    if "VERSION_CODENAME=bookworm" not in release:
        return []
    return [source for source in _SOURCES if source.exists()][:1]


def proxies() -> list[str]:
    """Return the way to the archive that this machine's apt goes."""
    said = subprocess.run(
        ["apt-config", "dump", "--format=%f %v%n", "Acquire::http::Proxy", "Acquire::https::Proxy"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    pairs = (line.split(" ", maxsplit=1) for line in said.splitlines() if " " in line)
    return [f'--aptopt={name} "{value}"' for name, value in pairs if value]


if __name__ == "__main__":
    raise SystemExit(main())
