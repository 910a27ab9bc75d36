"""A gate with a season behind it: tickets that are signed, and many that were used already."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from random import Random
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from benchmarks import season
from benchmarks.kiosk import stock_up
from kiosk_agent.adapters.journal.store import SqliteJournal
from kiosk_contracts.gates import GateFact, GateFeedEntry, VerifyKey
from kiosk_contracts.serials import format_serial
from kiosk_contracts.ticket_code import TicketCode, TicketFacts

USED_FROM: Final = 1_000_000
"""The first serial number that was admitted elsewhere; the kiosk's own stock begins at 1."""
_NEW_FROM: Final = 2_000_000
_KEY_ID: Final = 1
_PAGE: Final = 500
_USED_IN: Final = 4
"""One ticket in so many was used before."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A ticket at the gate: its serial, its code, and whether it was used before."""

    serial: str
    code: str
    used: bool


@dataclass
class Tickets:
    """Signs tickets, each presented once."""

    known: int
    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    def __post_init__(self) -> None:
        self._random = Random(1)
        self._used = iter(self._random.sample(range(self.known), self.known))
        self._new = iter(range(_NEW_FROM, 2 * _NEW_FROM))

    def some(self, count: int) -> list[Shown]:
        """Return tickets that were not shown before, in an order that nobody foresees."""
        return list(islice(self._each(), count))

    def _each(self) -> Iterator[Shown]:
        while True:
            used = self._random.randrange(_USED_IN) == 0
            number = USED_FROM + next(self._used) if used else next(self._new)
            yield Shown(format_serial(number), self._code(format_serial(number)), used)

    def _code(self, serial: str) -> str:
        facts = TicketFacts(key_id=_KEY_ID, event_no=1, type_no=1, serial=serial)
        return TicketCode(facts, self.private.sign(facts.signed_bytes())).encode()

    def verify_key(self) -> VerifyKey:
        """Return the public key as gates learn it."""
        long_ago = datetime(2026, 1, 1, tzinfo=UTC)
        public = self.private.public_key().public_bytes_raw().hex()
        return VerifyKey(
            key_id=_KEY_ID, public_key=public, published_at=long_ago, signs_from=long_ago
        )


async def fill_gate(journal: SqliteJournal, tickets: Tickets) -> None:
    """Let a new journal know so many tickets of its own, and as many admissions elsewhere."""
    await stock_up(journal, tickets.known)
    keys = [tickets.verify_key()]
    await journal.write(lambda writer: writer.put_verify_keys(keys))
    for first in range(0, tickets.known, _PAGE):
        page = [_admitted(number) for number in range(first, min(first + _PAGE, tickets.known))]
        await journal.write(
            lambda writer, page=page: writer.add_gate_facts(page, page[-1].cursor)  # type: ignore[misc]
        )


def _admitted(number: int) -> GateFeedEntry:
    return GateFeedEntry(
        cursor=number + 1,
        event_id=season.EVENT_ID,
        serial=format_serial(USED_FROM + number),
        fact=GateFact.ADMITTED,
        at=datetime.now(UTC),
        gate="South",
        kiosk_id="hb-till-2",
    )


class BareGate:
    """The least that can judge a ticket: its signature, then a dictionary of what is known."""

    def __init__(self, tickets: Tickets) -> None:
        own = range(1, tickets.known + 1)
        used = range(USED_FROM, USED_FROM + tickets.known)
        self._known = {format_serial(number): "available" for number in own}
        self._known.update((format_serial(number), "admitted") for number in used)
        self._key = Ed25519PublicKey.from_public_bytes(
            tickets.private.public_key().public_bytes_raw()
        )

    def lets_in(self, text: str) -> bool:
        """Judge a scanned code, and remember who is in."""
        code = TicketCode.decode(text)
        try:
            self._key.verify(code.signature, code.facts.signed_bytes())
        except InvalidSignature:
            return False
        if code.facts.serial in self._known:
            return False
        self._known[code.facts.serial] = "admitted"
        return True
