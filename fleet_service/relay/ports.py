"""What the relay needs of the far side and of a signer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from yarl import URL


@dataclass(frozen=True, slots=True)
class UpstreamAnswer:
    """What came back, read whole."""

    status: int
    content_type: str
    """Without parameters, in lower case."""
    retry_after: str | None
    body: bytes
    is_packed: bool = False
    """Whether it came in an encoding, which is never asked for."""


class UpstreamError(Exception):
    """The ticket API did not answer. `may_have_happened`: it may have done what was asked."""

    def __init__(self, reason: str, *, timed_out: bool, may_have_happened: bool) -> None:
        super().__init__(reason)
        self.timed_out = timed_out
        self.may_have_happened = may_have_happened


class AnswerTooLargeError(Exception):
    """The answer is larger than any that the ticket API gives."""


class HeadTooLargeError(Exception):
    """Address and headers are more than the way to the ticket API carries; nothing was sent."""


class Upstream(Protocol):
    """The ticket API over http. Never follows redirects, never repeats a request by itself."""

    async def send(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> UpstreamAnswer:
        """Send a request and read its answer whole, in bounded time.

        `target` is path and query, already encoded. Raises UpstreamError, AnswerTooLargeError or
        HeadTooLargeError.
        """
        ...


class Signer(Protocol):
    """Adds what the far side's door asks for."""

    async def sign(
        self, method: str, url: URL, headers: Mapping[str, str], body: bytes
    ) -> dict[str, str]:
        """Return the headers to send: those given and the signature's. May read credentials.

        Raises UpstreamError (not timed out, did not happen) if there are no credentials.
        """
        ...
