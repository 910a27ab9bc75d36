"""Where hosts can be booted, and where it is forbidden to do without."""

from pathlib import Path

from tests.support.required import require

ROOT = Path(__file__).resolve().parents[3]
PLACE = ROOT / "build/venue"
TOOLS = ("ip", "nsenter", "setpriv", "systemd-nspawn")


def require_venue() -> None:
    """Skip unless hosts can be booted here; with VENUE_REQUIRED=1, fail."""
    require("hosts are booted", "test-venue", "VENUE_REQUIRED", TOOLS, _missing)


def _missing() -> str:
    if not (PLACE / "base.key").exists() or not list(PLACE.glob("*.deb")):
        return "there is no base tree, or no package"
    # Hosts shall reach this process's services and nothing else, and it shall reach nobody.
    routes = Path("/proc/net/route").read_text().splitlines()[1:]
    return f"this network leads to {routes[0].split()[0]}, it is none of its own" if routes else ""
