"""Writes that begin a new epoch: another journal id and other stock, in one commit."""

import json
from datetime import datetime
from typing import Final

from kiosk_agent.adapters.journal.codec import foreign_json_text, money_text, time_text
from kiosk_agent.adapters.journal.reading import EpochReads
from kiosk_agent.adapters.journal.writes import Writes
from kiosk_agent.domain.epochs import NewEpoch
from kiosk_agent.domain.records import Lease
from kiosk_agent.domain.reserve import Reserve
from kiosk_contracts.allotments import Allotment

_FREEZE = (
    "UPDATE stock SET state = 'frozen' WHERE state IN ('available', 'held')",
    # What the gates know already needs no operator to say it again.
    """
    UPDATE stock SET state = 'revoked' WHERE state = 'frozen'
    AND serial IN (SELECT serial FROM gate_facts WHERE fact = 'revoked')
    """,
    # An open cart is emptied. One in payment keeps its tickets in sight, so that staff can be told
    # whose money to give back; they are frozen all the same.
    """
    UPDATE stock SET cart_txn_id = NULL WHERE state IN ('frozen', 'revoked')
    AND cart_txn_id IN (SELECT txn_id FROM carts WHERE state = 'open')
    """,
    "UPDATE carts SET state = 'expired' WHERE state = 'open'",
    # Asked for under the old journal's id: whatever was granted is the old journal's.
    "DELETE FROM leases WHERE allotment_id IS NULL",
)

FOR_SALE: Final = (
    "iif(EXISTS (SELECT 1 FROM gate_facts WHERE serial = ?1 AND fact = 'revoked'),"
    " 'revoked', 'available')"
)
"""The state of a serial, the first parameter, that nobody holds."""
_ADD: Final = (
    "INSERT INTO stock (serial, code, allotment_id, event_id, ticket_type_id,"  # noqa: S608  constants
    f" price_list_version, unit_price, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, {FOR_SALE})"
    " ON CONFLICT (serial) DO NOTHING"
)


class StockWrites(Writes):
    """Leases and the serials that come with them."""

    def put_lease_request(self, lease: Lease) -> None:
        """Remember a request before it is sent; a repeat changes nothing."""
        self._change(
            "INSERT INTO leases (request_id, event_id, ticket_type_id, quantity, asked_at,"
            " asked_boottime_ms, asked_boot_id, allotment_id, lease_s, limited_by)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (request_id) DO NOTHING",
            str(lease.request_id),
            lease.event_id,
            lease.ticket_type_id,
            lease.quantity,
            time_text(lease.asked_at),
            lease.asked_boottime_ms,
            lease.asked_boot_id,
            None if lease.allotment_id is None else str(lease.allotment_id),
            lease.lease_s,
            lease.limited_by,
        )

    def _add_stock(self, allotment: Allotment) -> None:
        for ticket in allotment.tickets:
            # A serial that is here already keeps its state: it may have been sold. One that the
            # gates know as revoked was written off while its answer was lost.
            self._change(
                _ADD,
                ticket.serial,
                ticket.code,
                str(allotment.allotment_id),
                allotment.event_id,
                allotment.ticket_type_id,
                allotment.price_list_version,
                money_text(allotment.unit_price),
            )


class EpochWrites(StockWrites, EpochReads):
    """The step from one journal to the next, inside the file."""

    def open_epoch(self, new: NewEpoch) -> None:
        """Go on as journal `new.journal_id`: what was recorded stays, old stock is frozen.

        A repeat, after a kill that nobody saw the end of, changes nothing.
        """
        before = self._meta("journal_id")
        if before == str(new.journal_id):
            return
        for statement in _FREEZE:
            self._change(statement)
        last = max(int(self._meta("last_sequence") or 0), new.last_sequence)
        # What waited may be on paper all the same, if the newest pages are the ones that are lost.
        self._change("UPDATE prints SET state = 'doubtful' WHERE state = 'waiting'")
        self._record(new, last + 1)
        if new.reserve is not None:
            self._take(new.reserve)
        for key, value in {
            "journal_id": str(new.journal_id),
            "previous_journal_id": before,
            "epoch": str(new.epoch),
            "receipt_counter": "0",
            "last_sequence": str(last),
            "host_id": new.host_id,
            "epoch_checked": "",
        }.items():
            self._set_meta(key, value)

    def raise_epoch(self, epoch: int) -> None:
        """Give receipt numbers of a higher epoch from now on, in the same journal."""
        self._set_meta("epoch", str(epoch))
        self._set_meta("receipt_counter", "0")
        self._change(
            "UPDATE epochs SET epoch = ? WHERE journal_id = ?", epoch, self._meta("journal_id")
        )

    def note_epoch_checked(self) -> None:
        """Remember that the ticket API contradicts neither journal nor epoch."""
        self._set_meta("epoch_checked", "1")

    def put_host_id(self, host_id: str) -> None:
        """Remember the host that the journal is on."""
        self._set_meta("host_id", host_id)

    def acknowledge_epochs(self, at: datetime) -> int:
        """Take down the warnings of all epochs so far; return how many there were."""
        return self._change(
            "UPDATE epochs SET acknowledged_at = ? WHERE acknowledged_at IS NULL"
            " AND reason != 'first'",
            time_text(at),
        )

    def _record(self, new: NewEpoch, first_sequence: int) -> None:
        self._change(
            "INSERT INTO epochs (journal_id, epoch, first_sequence, opened_at, reason, found,"
            " missing, damaged) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            str(new.journal_id),
            new.epoch,
            first_sequence,
            time_text(new.at),
            new.reason,
            new.found,
            json.dumps(new.missing),
            json.dumps(new.damaged),
        )

    def _take(self, reserve: Reserve) -> None:
        for name in ("kiosk_code", "venue_id", "venue_name"):
            if not self._meta(name):
                self._set_meta(name, getattr(reserve, name))
        if reserve.catalogue is not None:
            self._change(
                "INSERT INTO catalogue (id, body) VALUES (1, ?) ON CONFLICT (id) DO NOTHING",
                foreign_json_text(reserve.catalogue.to_json()),
            )
        for key in reserve.verify_keys:
            self._change(
                "INSERT INTO verify_keys (key_id, body) VALUES (?, ?)"
                " ON CONFLICT (key_id) DO NOTHING",
                key.key_id,
                foreign_json_text(key.to_json()),
            )
        for lease in reserve.leases:
            self.put_lease_request(lease.as_lease())
            if lease.allotment is not None:
                self._add_stock(lease.allotment)
