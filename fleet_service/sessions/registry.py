"""The kiosks that may open sessions, from a JSON file that operators write.

`{"kiosks": [{"kiosk_id", "kiosk_code", "venue_id", "venue_name", …}]}`. A kiosk proves itself by a
secret, whose `secret_hash` comes from `fleet-service kiosks hash-secret`, or by its host, a managed
instance with `instance_id`; `standing` says whether it may.
"""

import json
import threading
from collections import Counter
from pathlib import Path
from typing import Annotated, Final, Self

import structlog
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    StringConstraints,
    ValidationError,
    model_validator,
)

from fleet_service.sessions.secret_hash import SecretHash
from kiosk_contracts.ids import KioskCode, KioskId, VenueId
from kiosk_contracts.sessions import KioskIdentity
from kiosk_contracts.text import PlainName
from kiosk_contracts.venues import Standing

log = structlog.get_logger()

OUT: Final = frozenset({Standing.REVOKED, Standing.RETIRED})
"""Kiosks that are let in nowhere, whatever token they carry."""


def _readable(text: str) -> str:
    SecretHash.parse(text)
    return text


class RegisteredKiosk(BaseModel):
    """One line of the registry."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kiosk_id: KioskId
    kiosk_code: KioskCode
    venue_id: VenueId
    venue_name: PlainName
    secret_hash: Annotated[str, AfterValidator(_readable)] | None = None
    instance_id: Annotated[str, StringConstraints(pattern=r"^mi-[0-9a-f]{17}$")] | None = None
    standing: Standing = Standing.ACTIVE

    @model_validator(mode="after")
    def _can_prove_itself(self) -> Self:
        if self.secret_hash is None and self.instance_id is None:
            msg = "a kiosk needs a secret_hash or an instance_id, or it can't prove itself"
            raise ValueError(msg)
        return self

    def identity(self) -> KioskIdentity:
        """Return what the kiosk learns of itself."""
        return KioskIdentity(
            kiosk_id=self.kiosk_id,
            kiosk_code=self.kiosk_code,
            venue_id=self.venue_id,
            venue_name=self.venue_name,
        )


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    kiosks: tuple[RegisteredKiosk, ...]


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

    def find(self, kiosk_id: str) -> RegisteredKiosk | None:
        """Return the kiosk as the file has it now. It reads the disk, so call it in a thread."""
        self.refresh()
        return self._kiosks.get(kiosk_id)

    def is_revoked(self, kiosk_id: str) -> bool:
        """Say whether a kiosk was revoked when the file was last read; reads no disk."""
        found = self._kiosks.get(kiosk_id)
        return found is not None and found.standing in OUT

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
        log.info("kiosks_file_read", kiosks=len(kiosks))

    def _say(self, reason: str) -> None:
        if reason != self._said:
            log.error("kiosks_file_unreadable", path=str(self._path), reason=reason)
            self._said = reason


def _mark(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise RegistryError(f"kiosks file {path}: {error.strerror}") from error
    return found.st_ino, found.st_size, found.st_mtime_ns


def _read(path: Path) -> dict[str, RegisteredKiosk]:
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
