"""What this host remembers of becoming a kiosk: which machine it is, its bundle, name and steps.

The plan rests on what is seen of the host, not on the steps recorded here; they are for people. The
bundle is kept as it was signed, without its passphrase, so that a registered host needs no stick.
"""

import json
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from pydantic import AwareDatetime, ValidationError

from kiosk_agent.bootstrap.checks.cloned import RECORD, host_id
from kiosk_agent.bootstrap.domain.observed import InstallerSeen
from kiosk_agent.bootstrap.host import Host
from kiosk_contracts.enrolment import GrantedName
from kiosk_contracts.wire import WireModel

MOST_STEPS: Final = 500


class Outcome(StrEnum):
    """What became of a step."""

    BEGAN = "began"
    DONE = "done"
    FAILED = "failed"


class RecordedStep(WireModel):
    """That a step began, was done, or failed."""

    at: AwareDatetime
    step: str
    outcome: Outcome
    detail: str = ""


class InstallerRecord(WireModel):
    """That exactly these bytes were verified."""

    sha256: str
    verified_by: str
    """Fingerprint."""


class HostRecord(WireModel):
    """All that is remembered."""

    host_id: str
    bundle: dict[str, Any] | None = None
    """The file of the enrolment bundle."""
    kiosk: GrantedName | None = None
    installer: InstallerRecord | None = None
    steps: tuple[RecordedStep, ...] = ()


class Remembered:
    """The record of one host. Every change is on disk when its method returns."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._own = host_id(host)
        self.now = self._kept = self._load()

    @property
    def bundle_id(self) -> str | None:
        """Which bundle is remembered."""
        body = (self.now.bundle or {}).get("body", {})
        found = body.get("bundle_id")
        return found if isinstance(found, str) else None

    @property
    def is_stale(self) -> bool:
        """Whether something else is on disk than was read or kept here: another run was there."""
        return self._load() != self._kept

    def pass_over_kiosk(self) -> None:
        """Go on as if no name had been granted; on disk it stays until something is kept."""
        self.now = self.now.model_copy(update={"kiosk": None})

    def keep_bundle(self, bundle: dict[str, Any]) -> None:
        """Remember the file of the bundle that this host becomes a kiosk by."""
        if self.now.bundle != bundle:
            self._save(bundle=bundle)

    def keep_kiosk(self, kiosk: GrantedName) -> None:
        """Remember the name that was granted."""
        self._save(kiosk=kiosk)

    def keep_installer(self, installer: InstallerRecord | None) -> None:
        """Remember which installer was verified."""
        self._save(installer=installer)

    def keep_step(self, step: str, outcome: Outcome, at: datetime, detail: str = "") -> None:
        """Remember what became of a step; the newest are kept."""
        recorded = RecordedStep(at=at, step=step, outcome=outcome, detail=detail)
        self._save(steps=(*self.now.steps, recorded)[-MOST_STEPS:])

    def verified(self, sha256: str) -> InstallerSeen:
        """Return the installer of these bytes, and who signed it as far as that is remembered."""
        known = self.now.installer
        same = known is not None and known.sha256 == sha256
        return InstallerSeen(sha256, known.verified_by if known is not None and same else None)

    def _load(self) -> HostRecord:
        fresh = HostRecord(host_id=self._own)
        try:
            found = HostRecord.model_validate_json(self._host.read(RECORD) or "")
        except ValidationError:
            return fresh
        # Another machine's: this disk was copied, and says nothing of this one.
        return found if found.host_id == self._own else fresh

    def _save(self, **changes: Any) -> None:
        self.now = self.now.model_copy(update=changes)
        self._host.write(RECORD, json.dumps(self.now.to_json(), indent=1))
        self._kept = self.now
