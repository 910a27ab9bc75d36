"""Who may work at a venue's kiosks: set by operators, synced to each kiosk, used without a line."""

from collections import Counter
from typing import Annotated, Final, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from kiosk_contracts.ids import StaffId
from kiosk_contracts.staff import StaffRole
from kiosk_contracts.text import PlainName
from kiosk_contracts.wire import WireModel

MOST_STAFF: Final = 500

PinHash = Annotated[str, StringConstraints(pattern=r"^\$argon2id\$[\x21-\x7e]{20,200}$")]
"""What `kiosk-agent hash-pin` prints; no PIN leaves the head that knows it."""


class RosterEntry(WireModel):
    """One person."""

    staff_id: StaffId
    name: PlainName
    role: StaffRole
    pin_hash: PinHash


class PutRoster(WireModel):
    """All who may work at a venue; whoever is not among them signs in no more."""

    members: Annotated[tuple[RosterEntry, ...], Field(min_length=1, max_length=MOST_STAFF)]

    @model_validator(mode="after")
    def _can_work(self) -> Self:
        twice = [name for name, n in Counter(one.staff_id for one in self.members).items() if n > 1]
        if twice:
            msg = f"more than one entry for {', '.join(twice[:5])}"
            raise ValueError(msg)
        if not any(one.role is StaffRole.MANAGER for one in self.members):
            msg = "a venue needs a manager: voids, pay-outs and the clock wait for one"
            raise ValueError(msg)
        return self


class VenueRoster(WireModel):
    """The roster as kiosks sync it."""

    version: int = Field(ge=0)
    """Grows with every change; 0 where operators have set none, and kiosks go by their file."""
    members: tuple[RosterEntry, ...]

    @field_validator("members", mode="before")
    @classmethod
    def _known_roles(cls, members: object) -> object:
        """Leave out whoever has a role that is newer than this agent: the others go on working."""
        if not isinstance(members, list | tuple):
            return members
        return [one for one in members if not _has_newer_role(one)]


def _has_newer_role(member: object) -> bool:
    role = member.get("role") if isinstance(member, dict) else None
    return isinstance(role, str) and role not in set(StaffRole)
