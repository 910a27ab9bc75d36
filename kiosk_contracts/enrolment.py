"""The enrolment bundle: the one file on a USB stick that makes venue hosts into kiosks.

It is signed, so that nobody can send ten hosts elsewhere; and what registers a host is sealed in it
with a passphrase that the operator tells the technician, so that the stick alone registers nothing.
The key that verifies it never comes from the bundle. `docs/enrolment-bundle.md` has the format.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import (
    AnyHttpUrl,
    AwareDatetime,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
)

from kiosk_contracts.ids import KioskId, Sha256, VenueId
from kiosk_contracts.sessions import Audience
from kiosk_contracts.text import PlainName
from kiosk_contracts.typed_code import read_typed
from kiosk_contracts.venues import MOST_KIOSKS, PlannedKiosk, Setting, TimeZone
from kiosk_contracts.wire import WireModel, canonical_hash, canonical_json

FORMAT: Final = 1
LARGEST_BUNDLE: Final = 256 * 1024
"""Bytes; a thousand kiosks take some 60 KB."""
PASSPHRASE_LENGTH: Final = 16
PASSPHRASE_BITS: Final = 75
NAME_ATTRIBUTE: Final = "kiosk.name"
"""Of a container instance: the kiosk that its host was granted."""
VENUE_ATTRIBUTE: Final = "kiosk.venue"
HOST_ATTRIBUTE: Final = "kiosk.host"
"""Of a container instance: which machine registered it, by its HostId."""
RELEASE_ATTRIBUTE: Final = "kiosk.release"
"""Of a container instance: which release it runs. The fleet service alone sets it."""
_SIGNED_AS: Final = b"eventpro enrolment bundle 1\n"
"""What the signature is of: so that nothing else that the key signs can be taken for a bundle."""
_KEY_ID_DIGITS: Final = 16
_SHOWN_DIGITS: Final = 12
_GROUP: Final = 4
_COPY_AGAIN: Final = "Copy the bundle again from where the operators put it."

Hex = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{2})+$", max_length=8192)]
Fingerprint = Annotated[str, StringConstraints(pattern=r"^[0-9A-F]{40}$")]
"""Of an OpenPGP key: forty capitals and digits."""


class Argon2id(WireModel):
    """How the key is made from the passphrase (RFC 9106)."""

    memory_kib: int = Field(ge=8 * 1024, le=1024 * 1024)
    passes: int = Field(ge=1, le=16)
    lanes: int = Field(ge=1, le=8)
    salt: Hex = Field(min_length=32, max_length=128)


class Sealed(WireModel):
    """`BundleSecrets` as JSON, by ChaCha20-Poly1305 (RFC 8439) with a key of the passphrase."""

    cipher: Literal["chacha20-poly1305"]
    kdf: Argon2id
    nonce: Hex = Field(min_length=24, max_length=24)
    ciphertext: Hex


class BundleSecrets(WireModel):
    """What registers a host."""

    activation_code: SecretStr
    enrolment_token: SecretStr
    """Lets a host ask the fleet service for one of the venue's free kiosk names."""

    def revealed(self) -> dict[str, str]:
        """Return the JSON form with the secrets readable, to be sealed."""
        return {
            "activation_code": self.activation_code.get_secret_value(),
            "enrolment_token": self.enrolment_token.get_secret_value(),
        }


class Installer(WireModel):
    """Where the installer of ECS Anywhere comes from, and which key must have signed it."""

    url: AnyHttpUrl
    signature_url: AnyHttpUrl
    fingerprints: tuple[Fingerprint, ...] = Field(min_length=1, max_length=4)
    keys: tuple[str, ...] = Field(max_length=4)
    """The public keys, armoured; each counts by its fingerprint alone."""


class BundleVenue(WireModel):
    """Where its kiosks stand."""

    venue_id: VenueId
    name: PlainName
    time_zone: TimeZone


class BundleTerms(WireModel):
    """What a bundle says that operators choose."""

    expires_at: AwareDatetime
    """Of the activation: from then on it registers nobody."""
    account: Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]
    cluster: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,255}$")]
    venue: BundleVenue
    kiosks: tuple[PlannedKiosk, ...] = Field(min_length=1, max_length=MOST_KIOSKS)
    fleet_url: AnyHttpUrl
    identity_audience: Audience
    installer: Installer
    endpoints: Mapping[str, AnyHttpUrl] = Field(default_factory=dict)
    """Where AWS's services are reached instead of at their own addresses, by service."""
    agent_settings: Mapping[str, Setting] = Field(default_factory=dict)
    """Settings of the agent that are the same for all kiosks of the venue."""
    kiosk_settings: Mapping[KioskId, Mapping[str, Setting]] = Field(default_factory=dict)
    """What is another's at a kiosk, e.g. its printer; it counts before the venue's."""

    def settings_of(self, kiosk_id: str) -> dict[str, Setting]:
        """Return the settings of the agent at a kiosk."""
        return {**self.agent_settings, **self.kiosk_settings.get(kiosk_id, {})}


class BundleBody(BundleTerms):
    """All that a bundle says."""

    format: Literal[1]
    bundle_id: UUID
    made_at: AwareDatetime
    region: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
    activation_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f-]{36}$")]
    sealed: Sealed


class EnrolmentBundle(WireModel):
    """The file. The signature is of `body` as it stands; read it as a `BundleBody` after that."""

    body: dict[str, Any]
    key_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
    """Which key signed, by the beginning of its SHA-256; it is a hint alone."""
    signature: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{128}$")]


def key_id_of(public: bytes) -> str:
    """Return the id of a verifying key of 32 bytes: the beginning of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:_KEY_ID_DIGITS]


def signed_bytes(body: Mapping[str, Any]) -> bytes:
    """Return what the signature of a body is of."""
    return _SIGNED_AS + canonical_json(body)


def sealed_for(body: Mapping[str, Any]) -> bytes:
    """Return what a body's secrets are sealed for: all else that it says, by its hash.

    So the sealed part of one bundle opens in no other, whoever signs that.
    """
    return canonical_hash({name: body[name] for name in body if name != "sealed"}).encode()


def write_passphrase(code: str) -> str:
    """Return a passphrase as it is told: four groups of four."""
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))


def read_passphrase(typed: str) -> str:
    """Return the passphrase that was typed; raises TypedCodeError for one that can't be any."""
    return read_typed(typed, PASSPHRASE_LENGTH, "a passphrase")


class NewActivation(WireModel):
    """Operators tell the fleet service of an activation that they made, and whom it is for."""

    activation_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f-]{36}$")]
    bundle_id: UUID
    venue_id: VenueId
    kiosk_ids: tuple[KioskId, ...] = Field(min_length=1, max_length=MOST_KIOSKS)
    expires_at: AwareDatetime
    enrolment_token_sha256: Sha256
    settings: Mapping[KioskId, Mapping[str, Setting]] = Field(default_factory=dict)
    """Of the agent, by kiosk: as its bundle has them. They stay with the kiosk's name."""


class ActivationStanding(WireModel):
    """An activation, and which of its kiosks' names were granted to hosts."""

    activation_id: str
    bundle_id: UUID
    venue_id: VenueId
    kiosk_ids: tuple[KioskId, ...]
    expires_at: AwareDatetime
    revoked: bool
    granted: tuple[KioskId, ...]


class ActivationPage(WireModel):
    """Activations by their ids, in order."""

    activations: tuple[ActivationStanding, ...]
    next_after: str | None


HostId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A host, by the SHA-256 of its machine id, of what its hardware says of itself and of a word of
ours: golden images share machine ids, and nobody is told the machine id itself (machine-id(5))."""


def short_host(host_id: str) -> str:
    """Return as much of a HostId as people compare."""
    return host_id[:_SHOWN_DIGITS]


class KioskName(PlannedKiosk):
    """A name that a host may choose."""

    free: bool


class EnrolmentOffer(WireModel):
    """What a host with an enrolment token may become."""

    venue_id: VenueId
    kiosks: tuple[KioskName, ...]
    granted: KioskId | None
    """What this host was granted already."""


class ClaimName(WireModel):
    """A host asks to be a kiosk. The same again gets the same answer."""

    kiosk_id: KioskId
    host_id: HostId


class GrantedName(PlannedKiosk):
    """The host is this kiosk, and no other host is."""

    venue_id: VenueId


class BundleRefusedError(ValueError):
    """A file is no bundle that counts here; the text says why, `hint` what to do."""

    def __init__(self, why: str, hint: str) -> None:
        super().__init__(why)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class ReadBundle:
    """A bundle whose signature holds."""

    body: BundleBody
    raw: Mapping[str, Any]
    """The body as it was signed."""

    def refuse_expired(self, now: datetime) -> None:
        """Raise BundleRefusedError if its activation registers nobody any more."""
        if now >= self.body.expires_at:
            raise BundleRefusedError(
                f"the bundle expired at {self.body.expires_at:%Y-%m-%d %H:%M} UTC, and this host's "
                f"clock says {now:%Y-%m-%d %H:%M}",
                "Check the clock; if it is right, ask the operators for a new bundle.",
            )


def read_bundle(
    raw: bytes, keys: Mapping[str, bytes], verify: Callable[[bytes, bytes, bytes], bool]
) -> ReadBundle:
    """Return what a file says, once a known key has signed it; raises BundleRefusedError.

    `keys`: public keys of 32 bytes by their ids. `verify`: public key, signature, message.
    Nothing that the file says is believed before its signature holds.
    """
    if len(raw) > LARGEST_BUNDLE:
        raise BundleRefusedError("the file is larger than any bundle", _COPY_AGAIN)
    try:
        bundle = EnrolmentBundle.model_validate(json.loads(raw))
        message = signed_bytes(bundle.body)
    except (ValueError, RecursionError):
        raise BundleRefusedError("the file is no enrolment bundle", _COPY_AGAIN) from None
    key = keys.get(bundle.key_id)
    if key is None:
        known = ", ".join(sorted(keys)) or "none"
        raise BundleRefusedError(
            f"the bundle is signed by the key {bundle.key_id}, which is not known here "
            f"(known: {known})",
            "Ask the operators whether the bundle is theirs; if so, for their verifying key.",
        )
    if not verify(key, bytes.fromhex(bundle.signature), message):
        raise BundleRefusedError(
            "the bundle's signature does not hold: it was altered, or copied badly",
            "Use nothing of it. Copy it again from where the operators put it.",
        )
    if bundle.body.get("format") != FORMAT:
        raise BundleRefusedError(
            f"the bundle is of format {bundle.body.get('format')!r:.20}, and this program reads "
            f"{FORMAT}",
            "Install the package that the operators gave with it.",
        )
    try:
        return ReadBundle(BundleBody.model_validate(bundle.body), bundle.body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise BundleRefusedError(
            f"the bundle is signed, and its {where} can't be used: {first['msg']}",
            "Tell the operators; they made it with another version.",
        ) from error
