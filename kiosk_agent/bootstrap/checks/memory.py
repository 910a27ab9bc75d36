"""Memory: two UIs stand beside each other while a new release takes over."""

from typing import Final

from kiosk_agent.bootstrap.domain.checking import MIB, Found, bad, good, look
from kiosk_agent.bootstrap.host import Host

NAME = "memory"
_NEEDED_MIB: Final = 900
_COMFORT_MIB: Final = 1800


def check(host: Host) -> Found:
    """Say how much there is (proc_meminfo(5))."""
    lines = (host.read("/proc/meminfo") or "").splitlines()
    total = next((line for line in lines if line.startswith("MemTotal:")), "")
    words = total.split()
    if len(words) < 2 or not words[1].isdigit():  # noqa: PLR2004  a name and a figure
        return look("the memory can't be read", "See that /proc is mounted.")
    mib = int(words[1]) * 1024 // MIB
    if mib < _NEEDED_MIB:
        return bad(f"there are {mib} MiB of memory", "A kiosk needs 1 GiB.")
    if mib < _COMFORT_MIB:
        return look(f"there are {mib} MiB of memory", "2 GiB are better.")
    return good(f"{mib} MiB of memory")
