"""The kiosks that may open sessions, from a JSON file that operators write.

`{"kiosks": [{"kiosk_id", "kiosk_code", "venue_id", "venue_name", "secret_hash"}]}`; the hashes
come from `fleet-service kiosks hash-secret`.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import structlog
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from fleet_service.sessions.secret_hash import SecretHash
from kiosk_contracts.ids import KioskCode, KioskId, VenueId
from kiosk_contracts.sessions import KioskIdentity
from kiosk_contracts.text import PlainName

log = structlog.get_logger()


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
    secret_hash: Annotated[str, AfterValidator(_readable)]

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
        self._seen = _mark(path)
        self._kiosks = _read(path)

    def find(self, kiosk_id: str) -> RegisteredKiosk | None:
        """Return the kiosk as the file has it now. It reads the disk, so call it in a thread."""
        self._refresh()
        return self._kiosks.get(kiosk_id)

    def _refresh(self) -> None:
        try:
            mark = _mark(self._path)
            if mark == self._seen:
                return
            self._seen = mark
            self._kiosks = _read(self._path)
        except RegistryError as error:
            log.error("kiosks_file_unreadable", path=str(self._path), reason=str(error))  # noqa: TRY400  the reason says all
        else:
            log.info("kiosks_file_read", kiosks=len(self._kiosks))


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
    for name in ("kiosk_id", "kiosk_code"):
        _refuse_twins(path, [getattr(kiosk, name) for kiosk in parsed.kiosks], name)
    return {kiosk.kiosk_id: kiosk for kiosk in parsed.kiosks}


def _refuse_twins(path: Path, values: list[str], name: str) -> None:
    twin = next((value for value, count in Counter(values).items() if count > 1), None)
    if twin is not None:
        raise RegistryError(f"kiosks file {path}: two kiosks have the {name} {twin!r}")
