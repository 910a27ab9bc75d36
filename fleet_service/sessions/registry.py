"""The kiosks that may open sessions, from a JSON file that operators write.

`{"kiosks": [{"kiosk_id", "kiosk_code", "venue_id", "venue_name", …}]}`. A kiosk proves itself by a
secret, whose `secret_hash` comes from `fleet-service kiosks hash-secret`, or by its host, a managed
instance with `instance_id`; `standing` says whether it may.
"""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Self

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from fleet_service.sessions.ports import RegisteredKiosk

log = structlog.get_logger()


class _Line(RegisteredKiosk):
    @model_validator(mode="after")
    def _can_prove_itself(self) -> Self:
        if self.secret_hash is None and self.instance_id is None:
            msg = "a kiosk needs a secret_hash or an instance_id, or it can't prove itself"
            raise ValueError(msg)
        return self


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    kiosks: tuple[_Line, ...]


class RegistryError(Exception):
    """The kiosks file can't be used; the text says why."""


class KioskRegistry:
    """Read again when the file changes; a change that can't be read leaves the last good one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reading = threading.Lock()
        self._said: str | None = None
        """Why the file can't be read, as the log says already."""
        self._seen = _mark(path)
        self._kiosks = _read(path)
        self.readings = 1
        """How often the file was read: one more when it changed."""

    def find(self, kiosk_id: str) -> RegisteredKiosk | None:
        """Return the kiosk as the file has it now. It reads the disk, so call it in a thread."""
        self.refresh()
        return self._kiosks.get(kiosk_id)

    def last_read(self, kiosk_id: str) -> RegisteredKiosk | None:
        """Return the kiosk as it was when the file was last read; reads no disk."""
        return self._kiosks.get(kiosk_id)

    def host_of(self, instance_id: str) -> str | None:
        """Return the kiosk that has an instance, as the file was last read; reads no disk."""
        return next(
            (one.kiosk_id for one in self._kiosks.values() if one.instance_id == instance_id), None
        )

    def all(self) -> Collection[RegisteredKiosk]:
        """Return every kiosk as it was when the file was last read; reads no disk."""
        return self._kiosks.values()

    def refresh(self) -> None:
        """Read the file again if it changed. It reads the disk, so call it in a thread.

        Several threads may call it: one reads, and the others wait for what it read. A file that
        can't be read is tried again each time; the log says why once.
        """
        with self._reading:
            try:
                mark = _mark(self._path)
                if mark == self._seen:
                    return
                kiosks = _read(self._path)
            except RegistryError as error:
                self._say(str(error))
                return
            # Seen only now: a reading that failed must not hide who was revoked in it.
            self._kiosks, self._seen, self._said = kiosks, mark, None
            self.readings += 1
        log.info("kiosks_file_read", kiosks=len(kiosks))

    def _say(self, reason: str) -> None:
        if reason != self._said:
            log.error("kiosks_file_unreadable", path=str(self._path), reason=reason)
            self._said = reason


class FileKiosks:
    """Adapter of KnownKiosks over the kiosks file."""

    def __init__(self, registry: KioskRegistry) -> None:
        self._registry = registry

    async def find(self, kiosk_id: str) -> RegisteredKiosk | None:
        """Return a kiosk as the file has it now."""
        return await asyncio.to_thread(self._registry.find, kiosk_id)

    async def recall(self, kiosk_id: str) -> RegisteredKiosk | None:
        """Return a kiosk as the file had it when it was last read."""
        return self._registry.last_read(kiosk_id)


def _mark(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise RegistryError(f"kiosks file {path}: {error.strerror}") from error
    return found.st_ino, found.st_size, found.st_mtime_ns


def _read(path: Path) -> Mapping[str, RegisteredKiosk]:
    try:
        parsed = _File.model_validate(json.loads(path.read_bytes()))
    except OSError as error:
        raise RegistryError(f"kiosks file {path}: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RegistryError(f"kiosks file {path}: {where}: {first['msg']}") from error
    except ValueError as error:
        raise RegistryError(f"kiosks file {path} is not JSON: {error}") from error
    for name in ("kiosk_id", "kiosk_code", "instance_id"):
        values = [getattr(kiosk, name) for kiosk in parsed.kiosks]
        _refuse_twins(path, [value for value in values if value is not None], name)
    return {kiosk.kiosk_id: kiosk for kiosk in parsed.kiosks}


def _refuse_twins(path: Path, values: list[str], name: str) -> None:
    twin = next((value for value, count in Counter(values).items() if count > 1), None)
    if twin is not None:
        raise RegistryError(f"kiosks file {path}: two kiosks have the {name} {twin!r}")
