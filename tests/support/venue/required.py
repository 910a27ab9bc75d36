"""Where hosts can be booted, and where it is forbidden to do without."""

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PLACE = ROOT / "build/venue"
TOOLS = ("ip", "nsenter", "setpriv", "systemd-nspawn")


def require_venue() -> None:
    """Skip unless hosts can be booted here; with VENUE_REQUIRED=1, fail."""
    why = _missing()
    if not why:
        return
    if os.environ.get("VENUE_REQUIRED"):
        pytest.fail(f"{why}; VENUE_REQUIRED forbids to skip", pytrace=False)
    pytest.skip(f"{why}: run `make test-venue` as root")


def _missing() -> str:
    if os.geteuid() != 0:
        return "hosts are booted by root"
    tools = [tool for tool in TOOLS if shutil.which(tool) is None]
    if tools:
        return f"{tools[0]} is missing"
    if not (PLACE / "base.key").exists() or not list(PLACE.glob("*.deb")):
        return "there is no base tree, or no package"
    # Hosts shall reach this process's services and nothing else, and it shall reach nobody.
    routes = Path("/proc/net/route").read_text().splitlines()[1:]
    return f"this network leads to {routes[0].split()[0]}, it is none of its own" if routes else ""
