"""Makes an activation and the bundle around it: in AWS, at the fleet service, in a file.

If a later step fails, the activation is deleted again: none is left that nobody knows of.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from kiosk_contracts.enrolment import (
    FORMAT,
    BundleRefusedError,
    BundleSecrets,
    BundleTerms,
    NewActivation,
    read_bundle,
)
from operator_cli.refusing import RefusedError
from provisioning.activations.ssm import Ssm
from provisioning.bundles.keys import BundleKey, verify_ed25519
from provisioning.bundles.sealing import make_passphrase, seal, sign

_TOKEN_BYTES: Final = 32
_NEW_FILE: Final = "Name a new file: --output FILE."


class ActivationTerms(BundleTerms):
    """All that is wanted of an activation and its bundle."""

    role: str
    """Name of the managed-instance role."""


@dataclass(frozen=True, slots=True)
class MadeBundle:
    """What was made; the passphrase is told apart from the file, and kept nowhere."""

    activation_id: str
    passphrase: str
    path: Path


@dataclass(frozen=True, slots=True)
class TellsFleet:
    """How the fleet service hears of an activation, and that it is none; `forget` never fails."""

    tell: Callable[[NewActivation], object]
    forget: Callable[[str], object]


def make_bundle(
    terms: ActivationTerms,
    ssm: Ssm,
    fleet: TellsFleet,
    key: BundleKey,
    path: Path,
) -> MadeBundle:
    """Make the activation and its bundle; raises RefusedError, and then nothing is left of it."""
    if path.exists():
        raise RefusedError(f"{path} is there already", _NEW_FILE)
    venue_id = terms.venue.venue_id
    passphrase, token = make_passphrase(), secrets.token_urlsafe(_TOKEN_BYTES)
    with ExitStack() as undo:
        made = ssm.create(terms.role, len(terms.kiosks), terms.expires_at, venue_id)
        undo.callback(ssm.delete, made.activation_id)
        body = _body(terms, ssm.region, made.activation_id)
        contents = BundleSecrets.model_validate(
            {"activation_code": made.code, "enrolment_token": token}
        )
        sealed = seal(contents, passphrase, body)
        bundle = sign({**body, "sealed": sealed.to_json()}, key)
        content = json.dumps(bundle.to_json(), indent=1).encode()
        _read_as_hosts(content, key)
        _write_new(path, content)
        undo.callback(path.unlink)
        # It may have been told although its answer was lost.
        undo.callback(fleet.forget, made.activation_id)
        fleet.tell(
            NewActivation(
                activation_id=made.activation_id,
                bundle_id=body["bundle_id"],
                venue_id=venue_id,
                kiosk_ids=tuple(kiosk.kiosk_id for kiosk in terms.kiosks),
                expires_at=terms.expires_at,
                enrolment_token_sha256=hashlib.sha256(token.encode()).hexdigest(),
                settings={
                    kiosk.kiosk_id: terms.settings_of(kiosk.kiosk_id) for kiosk in terms.kiosks
                },
            )
        )
        undo.pop_all()
    return MadeBundle(made.activation_id, passphrase, path)


def _body(terms: ActivationTerms, region: str, activation_id: str) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "bundle_id": str(uuid4()),
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "region": region,
        "activation_id": activation_id,
        **{name: value for name, value in terms.to_json().items() if name != "role"},
    }


def _read_as_hosts(content: bytes, key: BundleKey) -> None:
    """Raise RefusedError for a file that hosts would refuse."""
    public = {key.key_id: key.private.public_key().public_bytes_raw()}
    try:
        read_bundle(content, public, verify_ed25519)
    except BundleRefusedError as error:
        raise RefusedError(
            f"hosts would refuse this bundle: {error}",
            "Say less in it, e.g. with smaller installer keys.",
        ) from error


def _write_new(path: Path, content: bytes) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise RefusedError(f"{path}: {error.strerror}", _NEW_FILE) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)
        raise RefusedError(f"{path}: {error.strerror}", "Make room, or name another.") from error
