"""What a request says of its own signature, before anything of it is believed.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from local_region.wire.received import Received

ALGORITHM: Final = "AWS4-HMAC-SHA256"
DATE_FORMAT: Final = "%Y%m%dT%H%M%SZ"
TERMINATOR: Final = "aws4_request"
_SCOPE_PARTS: Final = 5
_DATE: Final = re.compile(r"\d{8}T\d{6}Z")


class UnsignedError(Exception):
    """There is no signature at all."""


class MalformedError(Exception):
    """There is a signature, and it can't be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A signature's parts. `presigned`: it came in the query; `expires_s` is X-Amz-Expires."""

    access_key_id: str
    day: str
    region: str
    service: str
    date: datetime
    signed_headers: tuple[str, ...]
    signature: str
    token: str | None
    presigned: bool
    expires_s: int | None

    @property
    def scope(self) -> str:
        """Return day, region, service and terminator, as in the string to sign."""
        return f"{self.day}/{self.region}/{self.service}/{TERMINATOR}"


def claim_of(received: Received) -> Claim:
    """Read header or query signature; raises UnsignedError or MalformedError."""
    authorization = received.headers_named("Authorization")
    in_query = received.query_value("X-Amz-Signature") is not None
    if authorization and in_query:
        raise MalformedError("The request is signed both in its header and in its query.")
    if len(authorization) > 1:
        raise MalformedError("The request has more than one Authorization header.")
    if authorization:
        return _from_header(received, authorization[0])
    if in_query:
        return _from_query(received)
    raise UnsignedError


def _from_header(received: Received, authorization: str) -> Claim:
    algorithm, _, rest = authorization.partition(" ")
    if algorithm != ALGORITHM:
        raise MalformedError(f"Unsupported AWS 'algorithm': '{algorithm}'.")
    parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    missing = [name for name in ("Credential", "Signature", "SignedHeaders") if not parts.get(name)]
    if missing:
        raise MalformedError(
            " ".join(f"Authorization header requires '{name}' parameter." for name in missing)
        )
    date = received.header("X-Amz-Date")
    if date is None:
        raise MalformedError("Authorization header requires existence of 'X-Amz-Date' header.")
    return _claim(parts, date, received.header("X-Amz-Security-Token"), expires=None)


def _from_query(received: Received) -> Claim:
    pairs = received.query_pairs()
    found = {name: value for name, value in pairs if name.startswith("X-Amz-")}
    if len([name for name, _ in pairs if name.startswith("X-Amz-")]) != len(found):
        raise MalformedError("A parameter of the signature is given twice.")
    if found.get("X-Amz-Algorithm") != ALGORITHM:
        raise MalformedError(f"Unsupported AWS 'algorithm': '{found.get('X-Amz-Algorithm', '')}'.")
    names = ("Credential", "Signature", "SignedHeaders", "Date")
    missing = [name for name in names if not found.get(f"X-Amz-{name}")]
    if missing:
        raise MalformedError(
            " ".join(f"AWS query-string parameters must include 'X-Amz-{n}'." for n in missing)
        )
    parts = {name: found[f"X-Amz-{name}"] for name in names}
    return _claim(
        parts,
        found["X-Amz-Date"],
        found.get("X-Amz-Security-Token"),
        expires=found.get("X-Amz-Expires", ""),
    )


def _claim(parts: dict[str, str], date: str, token: str | None, *, expires: str | None) -> Claim:
    scope = parts["Credential"].split("/")
    if len(scope) != _SCOPE_PARTS or scope[-1] != TERMINATOR:
        raise MalformedError(
            "Credential must have exactly 5 slash-delimited elements, e.g. "
            f"keyid/date/region/service/term, got '{parts['Credential']}'"
        )
    if not _DATE.fullmatch(date):
        raise MalformedError(f"Date must be in ISO-8601 'basic format', got '{date}'.")
    try:
        signed_at = datetime.strptime(date, DATE_FORMAT).replace(tzinfo=UTC)
    except ValueError as error:
        raise MalformedError(f"'{date}' is no date.") from error
    headers = tuple(parts["SignedHeaders"].split(";"))
    if list(headers) != sorted({name.lower() for name in headers}):
        raise MalformedError("SignedHeaders must be in small letters, sorted, each once.")
    if "host" not in headers:
        raise MalformedError(
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
        )
    return Claim(
        *(scope[0], scope[1], scope[2], scope[3]),
        date=signed_at,
        signed_headers=headers,
        signature=parts["Signature"],
        token=token,
        presigned=expires is not None,
        expires_s=_seconds(expires) if expires is not None else None,
    )


def _seconds(text: str) -> int:
    if not re.fullmatch(r"\d{1,6}", text) or int(text) > 604800:  # noqa: PLR2004  a week, AWS's limit
        raise MalformedError("X-Amz-Expires must be a number of seconds, a week at most.")
    return int(text)
