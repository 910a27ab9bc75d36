"""Pages of a listing that changes meanwhile: each begins after the last name of the one before."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


class TokenError(Exception):
    """The token is none that this listing gave."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items, and the token of the next page, if there is one."""

    items: list[T]
    token: str | None

    def next_token(self, name: str) -> dict[str, str]:
        """Return the token under an operation's name for it, or nothing on the last page."""
        return {} if self.token is None else {name: self.token}


def page(listing: str, items: Sequence[tuple[str, T]], limit: int, token: str | None) -> Page[T]:
    """Return one page of named items, by name; raises TokenError."""
    after = "" if token is None else _read(listing, token)
    rest = sorted((pair for pair in items if pair[0] > after), key=lambda pair: pair[0])
    shown = rest[:limit]
    more = len(rest) > limit
    return Page([item for _, item in shown], _token(listing, shown[-1][0]) if more else None)


def _token(listing: str, after: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([listing, after]).encode()).decode()


def _read(listing: str, token: str) -> str:
    try:
        told = json.loads(base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True))
    except (binascii.Error, UnicodeError, ValueError) as error:
        raise TokenError from error
    if not isinstance(told, list) or len(told) != 2 or told[0] != listing:  # noqa: PLR2004  a pair
        raise TokenError
    return str(told[1])
