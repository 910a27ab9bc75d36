"""Looks up on the host what shows that something needs a repair."""

import asyncio
import os
import shutil
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kiosk_agent import unit_names
from kiosk_agent.ports.clock import Clock
from kiosk_agent.supervisor.adapters.docker_images import SHORT_BYTES
from kiosk_agent.supervisor.adapters.ssm_log import SSM_LOG, read_ssm_log
from kiosk_agent.supervisor.adapters.systemd_units import SystemdUnits, run_tool
from kiosk_agent.supervisor.ports import UnitFailedError
from kiosk_agent.supervisor.repairs.seen import Signs, SsmTrouble, UnitSeen

BOOTSTRAP_LOCK: Final = Path("/run/eventpro-bootstrap.lock")
"""Held while this host is made a kiosk, and by the installer beyond that."""
_LOCKS: Final = Path("/proc/locks")
_CLOCK: Final = ("timedatectl", "show", "--property=NTPSynchronized", "--value")
_CLOCK_S: Final = 10.0
ASK_EVERY_MS: Final = 60_000
"""Programs cost a host more than files: they are asked so often, or where the socket is gone."""
_UNITS: Final = (
    unit_names.AGENT,
    unit_names.SSM_AGENT,
    unit_names.ECS,
    unit_names.DOCKER,
    *unit_names.TIME_KEEPERS,
)


@dataclass(frozen=True, slots=True)
class Places:
    """Where it is looked."""

    credentials: Path
    admin_socket: Path
    ui_socket: Path
    disks: Sequence[Path]
    ssm_log: Path = SSM_LOG
    bootstrap_lock: Path = BOOTSTRAP_LOCK


@dataclass(frozen=True, slots=True)
class _InFiles:
    ssm: SsmTrouble
    credentials_age_s: float | None
    short_disks: tuple[str, ...]
    socket_is_there: bool
    bootstraps: bool


_Said = tuple[Mapping[str, UnitSeen], bool | None]
"""The units, and whether the network keeps the clock."""


class LookedUpSigns:
    """Adapter of HostSigns."""

    def __init__(self, places: Places, units: SystemdUnits, clock: Clock) -> None:
        self._places = places
        self._units = units
        self._clock = clock
        self._asked_ms: int | None = None
        self._said: _Said = {}, None
        self._socket_was_there = False

    async def signs(self) -> Signs:
        """Return them; what can't be seen is as if it were well."""
        # A disk that hangs must hold up nobody else.
        files = await asyncio.to_thread(self._in_files)
        units, clock_is_set = await self._by_programs(at_once=not files.socket_is_there)
        return Signs(
            units=units,
            ssm=files.ssm,
            clock_is_set=clock_is_set,
            credentials_age_s=files.credentials_age_s,
            short_disks=files.short_disks,
            socket_is_there=files.socket_is_there,
            bootstraps=files.bootstraps,
        )

    async def _by_programs(self, *, at_once: bool) -> _Said:
        now_ms = self._clock.boottime_ms()
        if at_once or self._asked_ms is None or now_ms - self._asked_ms >= ASK_EVERY_MS:
            self._said = await asyncio.gather(self._units.seen(_UNITS), _clock_is_set())
            self._asked_ms = now_ms
        return self._said

    def _in_files(self) -> _InFiles:
        places = self._places
        return _InFiles(
            read_ssm_log(places.ssm_log),
            self._age_s(places.credentials),
            tuple(_short(places.disks)),
            self._is_socket_there(),
            is_locked(places.bootstrap_lock),
        )

    def _is_socket_there(self) -> bool:
        """Call it gone where it was before, or where the other one of the agent is not, either.

        An agent whose settings have its UI socket elsewhere is never restarted for that.
        """
        is_there = _is_socket(self._places.ui_socket)
        self._socket_was_there |= is_there
        missed = self._socket_was_there or not _is_socket(self._places.admin_socket)
        return is_there or not missed

    def _age_s(self, path: Path) -> float | None:
        try:
            return self._clock.now().timestamp() - path.stat().st_mtime
        except OSError:
            return None


def _short(folders: Sequence[Path]) -> Iterator[str]:
    """Name the folders on whose disk room is short, one for each disk."""
    told = set()
    for folder in folders:
        try:
            disk, free = folder.stat().st_dev, shutil.disk_usage(folder).free
        except OSError:
            continue
        if free < SHORT_BYTES and disk not in told:
            told.add(disk)
            yield str(folder)


def _is_socket(path: Path) -> bool:
    try:
        return stat.S_ISSOCK(path.stat().st_mode)
    except FileNotFoundError:
        return False
    except OSError:
        # It can't be seen; it may be there.
        return True


def is_locked(path: Path) -> bool:
    """Say whether somebody holds the lock of a file, without taking it even for a moment."""
    try:
        seen = path.stat()
        locks = _LOCKS.read_text(encoding="ascii")
    except OSError:
        return False
    at = f" {os.major(seen.st_dev):02x}:{os.minor(seen.st_dev):02x}:{seen.st_ino} "
    return any(at in line and "FLOCK" in line for line in locks.splitlines())


async def _clock_is_set() -> bool | None:
    """Return whether the network keeps the clock; None where nobody says."""
    try:
        said = (await run_tool(_CLOCK, _CLOCK_S)).strip()
    except UnitFailedError:
        return None
    return {"yes": True, "no": False}.get(said)
