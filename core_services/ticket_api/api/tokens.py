"""Who is asking: a kiosk by the fleet service's signed token, an operator by the ops token.

Ids in bodies decide nothing; what a request may touch follows from the token alone.
"""

import hashlib
import hmac
from pathlib import Path
from typing import Final
from uuid import UUID

import jwt
import structlog
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import ValidationError

from core_services.ticket_api.api.bodies import describe
from core_services.ticket_api.api.problems import Handler
from kiosk_contracts.ids import KioskCode, KioskId, Sha256, VenueId
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.text import PlainName
from kiosk_contracts.version import KIOSK_TOKEN_HEADER, OPS_TOKEN_HEADER
from kiosk_contracts.wire import WireModel

ISSUER: Final = "eventpro-fleet"
AUDIENCE: Final = "eventpro-ticket-api"
_MAX_TOKEN_CHARS: Final = 4096
_log = structlog.get_logger(__name__)


class KioskClaims(WireModel):
    """Who the fleet service says is asking."""

    sub: KioskId
    code: KioskCode
    venue: VenueId
    venue_name: PlainName
    jid: UUID


class FleetKey(WireModel):
    """A public key of the fleet service."""

    kid: str
    public_key_hex: Sha256
    """32 bytes of Ed25519; the pattern is the same as a hash's."""


class FleetKeys(WireModel):
    """The file of the fleet service's public keys."""

    keys: tuple[FleetKey, ...]


class FleetKeysError(Exception):
    """The file of the fleet service's keys is there but is not one."""


class FleetKeyFile:
    """The fleet service's public keys, read again when their file changes.

    A file that breaks while we run leaves the last good keys in force.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._keys: dict[str, Ed25519PublicKey] = {}

    def check(self) -> None:
        """Read the file if it is there; raises FleetKeysError if it is not a file of keys."""
        if self._path.exists():
            self._keys = self._read()

    def keys(self) -> dict[str, Ed25519PublicKey]:
        """Return the keys by kid; empty as long as there is no file."""
        try:
            status = self._path.stat()
            seen = (status.st_mtime_ns, status.st_size, status.st_ino)
            if seen != self._seen:
                self._seen = seen
                self._keys = self._read()
                _log.info("fleet_keys_read", kids=sorted(self._keys))
        except (OSError, FleetKeysError) as error:
            _log.warning("fleet_keys_unreadable", path=str(self._path), error=str(error))
        return self._keys

    def _read(self) -> dict[str, Ed25519PublicKey]:
        try:
            known = FleetKeys.model_validate_json(self._path.read_bytes())
        except ValidationError as error:
            problem = error.errors()[0]["msg"]
            raise FleetKeysError(f"fleet_keys_file {self._path} is wrong: {problem}") from error
        return {
            key.kid: Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.public_key_hex))
            for key in known.keys
        }


class TokenGate:
    """Lets requests in: kiosk routes by the kiosk's token, ops routes by the operators'."""

    def __init__(self, fleet_keys: FleetKeyFile, ops_token_sha256: str, leeway_s: int) -> None:
        self._fleet_keys = fleet_keys
        self._ops_token_sha256 = ops_token_sha256
        self._leeway_s = leeway_s

    def knows_the_fleet(self) -> bool:
        """Say whether any kiosk's token can be verified."""
        return bool(self._fleet_keys.keys())

    def check_ops(self, token: str | None) -> None:
        """Return if `token` is the operators'; raises ProblemError 401."""
        if not token:
            raise _missing(OPS_TOKEN_HEADER)
        digest = hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
        if not hmac.compare_digest(digest, self._ops_token_sha256):
            raise _invalid("this is not the operators' token", "Ask an administrator for it.")

    def kiosk(self, token: str | None) -> KioskClaims:
        """Return who carries `token`.

        Raises ProblemError 401 `token_missing`, `token_invalid`, `token_expired`, and 503 while
        the fleet service's keys are not there.
        """
        if not token:
            raise _missing(KIOSK_TOKEN_HEADER)
        keys = self._fleet_keys.keys()
        if not keys:
            raise ProblemError(
                503,
                ProblemCode.UPSTREAM_BUSY,
                "The ticket API cannot verify kiosks yet",
                detail="the fleet service's public keys have not been set up",
                hint="Nothing to do at the kiosk: it asks again by itself.",
                retryable=True,
                retry_after_s=5,
            )
        return self._verified(token, keys)

    def _verified(self, token: str, keys: dict[str, Ed25519PublicKey]) -> KioskClaims:
        try:
            if len(token) > _MAX_TOKEN_CHARS:
                raise _invalid("the token is too long")
            key = keys.get(str(jwt.get_unverified_header(token).get("kid")))
            if key is None:
                raise _invalid("it is signed with a key that is not the fleet service's")
            claims = jwt.decode(
                token,
                key,
                algorithms=["EdDSA"],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={"require": ["iss", "aud", "exp", "iat", "sub"]},
                leeway=self._leeway_s,
            )
            return KioskClaims.model_validate(claims)
        except jwt.ExpiredSignatureError as error:
            raise ProblemError(
                401,
                ProblemCode.TOKEN_EXPIRED,
                "The kiosk's session has ended",
                detail="its token has expired",
                hint="Renew the session and repeat the request.",
            ) from error
        except jwt.PyJWTError as error:
            raise _invalid(str(error)) from error
        except ValidationError as error:
            raise _invalid(f"it says too little: {describe(error)}") from error


KIOSK = web.RequestKey("kiosk", KioskClaims)
TOKEN_GATE = web.AppKey("token_gate", TokenGate)


@web.middleware
async def who_is_asking(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let nobody reach `/v1/` without a token: ops routes by one, all others by the kiosk's."""
    gate = request.app[TOKEN_GATE]
    if request.path.startswith("/v1/ops/"):
        gate.check_ops(request.headers.get(OPS_TOKEN_HEADER))
    elif request.path.startswith("/v1/"):
        request[KIOSK] = gate.kiosk(request.headers.get(KIOSK_TOKEN_HEADER))
    return await handler(request)


def _missing(header: str) -> ProblemError:
    return ProblemError(
        401,
        ProblemCode.TOKEN_MISSING,
        "Who is asking?",
        detail=f"the header {header} is missing",
        hint="Send the token in that header.",
    )


def _invalid(detail: str, hint: str = "Renew the session and repeat the request.") -> ProblemError:
    return ProblemError(
        401,
        ProblemCode.TOKEN_INVALID,
        "The token is not valid",
        detail=detail,
        hint=hint,
    )
