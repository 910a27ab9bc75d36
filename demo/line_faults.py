"""Which faults the line has been told to make, which request gets one, and which fired."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from demo.line_http import Message

UPLOAD_PATH = "/v1/transactions"


class LineMode(StrEnum):
    """What the line does with everything that comes."""

    UP = "up"
    CUT = "cut"
    HANG = "hang"


class FaultKind(StrEnum):
    """What the line does to single requests."""

    LOSE_ANSWERS = "lose-answers"
    """Carried out at the far end; then the connection is reset without an answer."""
    DUPLICATE = "duplicate"
    """Delivered twice at the far end; the first answer passes."""
    TRUNCATE = "truncate"
    """Carried out at the far end; a part of the answer passes, then the connection ends."""
    ERRORS = "errors"
    """Not delivered; the line answers with a status of its own."""
    BUSY = "busy"
    """Not delivered; 503 with Retry-After."""
    GARBAGE = "garbage"
    """Not delivered; 200 with something that no fleet service says."""


UPLOADS_ONLY = frozenset({FaultKind.LOSE_ANSWERS, FaultKind.DUPLICATE})
"""Faults that hit `POST /v1/transactions` unless told otherwise; the others hit any request."""


@dataclass(slots=True)
class Fault:
    """A fault that is still to happen `left` times."""

    kind: FaultKind
    left: int
    only: str
    """Hits only POST requests of this path; empty: any request."""
    status: int = 500
    retry_after_s: int = 1

    def hits(self, request: Message) -> bool:
        """Say whether this request gets the fault."""
        method, target, _ = request.start
        return not self.only or (method == "POST" and target.split("?")[0] == self.only)


@dataclass
class FaultBook:
    """Faults to come, in the order they were asked for, and a count of each that fired."""

    seed: int = 0
    pending: list[Fault] = field(default_factory=list)
    fired: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._changed = asyncio.Condition()

    def take(self, request: Message) -> Fault | None:
        """Return the fault that this request gets, counted off."""
        fault = next((each for each in self.pending if each.hits(request)), None)
        if fault is not None:
            fault.left -= 1
            if fault.left == 0:
                self.pending = [each for each in self.pending if each is not fault]
        return fault

    def give_back(self, fault: Fault) -> None:
        """Put back a fault that did not come to happen: it is the next one again."""
        fault.left += 1
        if not any(each is fault for each in self.pending):
            self.pending.insert(0, fault)

    async def note(self, name: str, times: int = 1) -> None:
        """Count a fault that has really happened, and wake whoever waits for it."""
        async with self._changed:
            self.fired[name] += times
            self._changed.notify_all()

    async def wait_fired(self, name: str, times: int) -> None:
        """Return once `name` has happened `times` times since the line was made."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.fired[name] >= times)

    def own_answer(self, fault: Fault) -> bytes:
        """Return what the line itself says for a request that it does not deliver."""
        match fault.kind:
            case FaultKind.BUSY:
                retry = f"Retry-After: {fault.retry_after_s}\r\n"
                return _answer(503, "application/json", b'{"message":"Service Busy"}', retry)
            case FaultKind.GARBAGE:
                content_type, body = self._random.choice(_GARBAGE)
                return _answer(200, content_type, body or self._random.randbytes(64))
            case (
                FaultKind.ERRORS | FaultKind.LOSE_ANSWERS | FaultKind.DUPLICATE | FaultKind.TRUNCATE
            ):
                return _answer(fault.status, "application/json", b'{"message":"Line Error"}')

    def part_of(self, answer: Message) -> bytes:
        """Return a part of an answer: always something, never all of it."""
        raw = answer.raw
        return raw[: self._random.randint(1, len(raw) - 1)]


_GARBAGE: tuple[tuple[str, bytes], ...] = (
    # A hotel's captive portal, a body of noise that claims to be JSON, JSON of no known shape.
    ("text/html", b"<html><title>Guest Wi-Fi</title>Please accept our terms.</html>"),
    ("application/json", b""),
    ("application/json", b'["not", "what", "you", "asked"]'),
    ("application/json", b'{"outcomes": [{"txn_id": null, "status": "sett'),
)


def _answer(status: int, content_type: str, body: bytes, more: str = "") -> bytes:
    head = (
        f"HTTP/1.1 {status} Line Fault\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\n{more}\r\n"
    )
    return head.encode("ascii") + body
