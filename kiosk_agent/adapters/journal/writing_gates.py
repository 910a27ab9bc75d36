"""Writes of keys and of what happened at gates."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from kiosk_agent.adapters.journal.codec import foreign_json_text, read_time, time_text
from kiosk_agent.adapters.journal.reading import GateReads
from kiosk_agent.adapters.journal.writes import Writes
from kiosk_contracts.gates import GateFact, GateFeedEntry, VerifyKey
from kiosk_contracts.roster import VenueRoster

_KNOWN_FACTS: Final = frozenset(GateFact)
_INSERT: Final = (
    "INSERT INTO gate_facts (event_id, serial, fact, at, gate, reason, cursor)"
    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (cursor) DO NOTHING"
)
_TAKE_OFF_SALE: Final = (
    "UPDATE stock SET state = 'revoked' WHERE serial = ? AND state IN ('available', 'frozen')"
)
"""What a cart holds is taken off when the cart lets it go: it may be in payment."""


class GateWrites(Writes, GateReads):
    """Keys, the venue's gate feed, this kiosk's own gate."""

    def put_verify_keys(self, keys: Sequence[VerifyKey]) -> None:
        """Keep public keys; a key once known stays known, since tickets signed with it exist."""
        for key in keys:
            self._change(
                "INSERT INTO verify_keys (key_id, body) VALUES (?, ?)"
                " ON CONFLICT (key_id) DO UPDATE SET body = excluded.body",
                key.key_id,
                foreign_json_text(key.to_json()),
            )

    def put_roster(self, roster: VenueRoster) -> None:
        """Keep the synced roster."""
        self._set_meta("roster", foreign_json_text(roster.to_json()))

    def note_synced(self, what: str, at: datetime) -> None:
        """Remember when `keys` or `gate_feed` was last heard of whole."""
        self._set_meta(f"{what}_synced_at", time_text(at))

    def add_gate_facts(self, entries: Sequence[GateFeedEntry], next_cursor: int) -> None:
        """Add a page of the feed and move the cursor; a repeated page adds nothing.

        A fact that only a newer peer knows is skipped. The echo of our own gate never counts
        before what this kiosk itself has noted.
        """
        for entry in entries:
            if entry.fact in _KNOWN_FACTS:
                if entry.fact == GateFact.REVOKED:
                    self._change(_TAKE_OFF_SALE, entry.serial)
                self._add_gate_fact(
                    entry.event_id,
                    entry.serial,
                    entry.fact,
                    time_text(entry.at),
                    entry.gate,
                    entry.reason,
                    entry.cursor,
                )
        known = int(self._meta("gate_cursor") or 0)
        self._set_meta("gate_cursor", str(max(known, next_cursor)))

    def note_gate_fact(  # noqa: PLR0913  one row of the gate facts table
        self, *, event_id: str, serial: str, fact: str, at: datetime, gate: str, reason: str = ""
    ) -> None:
        """Remember a fact of this kiosk's own gate.

        It happened after all that is known of the serial, whatever a clock that was set back
        says; so its time is moved behind the last one if need be.
        """
        last = self._one(
            "SELECT max(at) AS at FROM gate_facts WHERE event_id = ? AND serial = ?",
            event_id,
            serial,
        )
        if last is not None and last["at"] is not None:
            at = max(at, read_time(last["at"]) + timedelta(microseconds=1))
        self._add_gate_fact(event_id, serial, fact, time_text(at), gate, reason, None)

    def inside_count(self, event_id: str) -> int:
        """Return how many serials were last seen going in; added up once, then kept."""
        if event_id not in self._inside:
            self._inside[event_id] = super().inside_count(event_id)
        return self._inside[event_id]

    def _add_gate_fact(self, event_id: str, serial: str, *fact: object) -> None:
        """Add a fact, and keep the count of those inside, where it is known, as it then is."""
        if event_id not in self._inside:
            self._change(_INSERT, event_id, serial, *fact)
            return
        before = self._is_inside(event_id, serial)
        self._change(_INSERT, event_id, serial, *fact)
        self._inside[event_id] += self._is_inside(event_id, serial) - before

    def _is_inside(self, event_id: str, serial: str) -> bool:
        last = self._last_passage(event_id, serial)
        return last is not None and last["fact"] == GateFact.ADMITTED
