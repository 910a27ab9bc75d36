"""Room for Docker's images, the journal and what is installed; and inodes, which images use up."""

from typing import Final

from kiosk_agent.bootstrap.domain.checking import GIB, Found, bad, good, look
from kiosk_agent.bootstrap.host import Host

NAME = "disk"
_PLACES: Final = ("/var/lib", "/etc")
_NEEDED: Final = {"/var/lib": 4 * GIB, "/etc": GIB // 64}
_COMFORT: Final = 10 * GIB
_INODES: Final = 100_000


def check(host: Host) -> Found:
    """Say whether there is room."""
    for place in _PLACES:
        room = host.room(place)
        free = room.f_bavail * room.f_frsize
        if free < _NEEDED[place]:
            return bad(
                f"{place} has {free / GIB:.1f} GiB free, {_NEEDED[place] / GIB:.1f} are needed",
                "Make room, or use a larger disk.",
            )
        # Filesystems that make inodes as they are needed say that they have none.
        if room.f_files and room.f_favail < _INODES:
            return bad(
                f"{place} has {room.f_favail} inodes left, {_INODES} are needed",
                "Remove what has many small files, or make the filesystem anew.",
            )
    free = host.room("/var/lib").f_bavail * host.room("/var/lib").f_frsize
    if free < _COMFORT:
        return look(f"{free / GIB:.1f} GiB are free", "10 GiB let old images stay for a while.")
    return good(f"{free / GIB:.0f} GiB are free")
