"""Which kiosks are known, and how one may prove who it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Protocol

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from fleet_service.api.senders import Sender
from fleet_service.sessions.secret_hash import SecretHash
from kiosk_contracts.ids import JournalId, KioskCode, KioskId, VenueId
from kiosk_contracts.images import MOST_IMAGES, ImageName
from kiosk_contracts.sessions import KioskIdentity
from kiosk_contracts.text import PlainName
from kiosk_contracts.venues import Standing


def _readable(text: str) -> str:
    SecretHash.parse(text)
    return text


class RegisteredKiosk(BaseModel):
    """A kiosk as it is registered. One that nobody is yet has neither secret nor host."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kiosk_id: KioskId
    kiosk_code: KioskCode
    venue_id: VenueId
    venue_name: PlainName
    secret_hash: Annotated[str, AfterValidator(_readable)] | None = None
    instance_id: Annotated[str, StringConstraints(pattern=r"^mi-[0-9a-f]{17}$")] | None = None
    standing: Standing = Standing.ACTIVE
    leaving: bool = False
    """Whether operators have asked it to leave."""
    leaving_since: AwareDatetime | None = None
    """When they did, if that is known: the kiosks file does not say it."""
    former_instances: frozenset[str] = frozenset()
    """Managed instances that were its host, until another took their place."""
    former_journals: frozenset[JournalId] = frozenset()
    """Journals of those."""
    images_wanted: Annotated[tuple[ImageName, ...], Field(max_length=MOST_IMAGES)] = ()
    """Images that it is to have ahead of their release. Of kiosks that operators planned none until
    it is moved to one; the kiosks file may name some."""
    watched: bool = False
    """Whether it is being moved to a release: each of its reports counts then."""
    commanded: bool = False
    """Whether there may be commands for it."""

    def identity(self) -> KioskIdentity:
        """Return what the kiosk learns of itself."""
        return KioskIdentity(
            kiosk_id=self.kiosk_id,
            kiosk_code=self.kiosk_code,
            venue_id=self.venue_id,
            venue_name=self.venue_name,
        )


@dataclass(frozen=True, slots=True)
class ProvenKiosk:
    """A kiosk that has proved who it is, and by what."""

    identity: KioskIdentity
    instance_id: str | None
    """The managed instance that is its host; None: it proved itself by a secret."""


class KnownKiosks(Protocol):
    """The kiosks that operators have registered or planned."""

    async def find(self, kiosk_id: str) -> RegisteredKiosk | None:
        """Return a kiosk as it is registered now. Raises StoreError."""
        ...

    async def recall(self, kiosk_id: str) -> RegisteredKiosk | None:
        """Return a kiosk as it was registered at most a second ago.

        For every request: it reads no disk but once a second for each kiosk. Where the store is
        away, what it said last counts for half an hour; raises StoreError of whom it said nothing.
        """
        ...


class MatchesHosts(Protocol):
    """Makes a pending host a kiosk."""

    async def match(self, kiosk_id: str, instance_id: str) -> None:
        """Make the instance the host of a pending kiosk, if it is the one that was enrolled.

        Idempotent; does nothing for a kiosk that is not pending (any more). Raises ProblemError.
        """
        ...


class IdentityVerifier(Protocol):
    """One scheme of proof. Each scheme is an adapter of its own."""

    @property
    def scheme(self) -> str:
        """The `scheme` member of the proofs that it judges."""
        ...

    async def verify(self, kiosk_id: str, proof: Mapping[str, str], sender: Sender) -> ProvenKiosk:
        """Return who the kiosk is. Idempotent, but failures are counted.

        `sender` says that it is that kiosk, and may be anybody.
        Raises ProblemError 403 `kiosk_unknown` or `proof_refused`, and 429 `proof_refused`
        (retryable, with Retry-After) after too many failures.
        """
        ...
