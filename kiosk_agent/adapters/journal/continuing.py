"""A fresh journal that goes on where a damaged one ended."""

import re
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from kiosk_agent.adapters.journal.codec import read_roster, read_time, time_text
from kiosk_agent.adapters.journal.mark import Mark
from kiosk_agent.adapters.journal.salvaging import Salvage
from kiosk_agent.adapters.journal.writing_epochs import EpochWrites
from kiosk_agent.domain.chain import known_breaks
from kiosk_agent.domain.epochs import EpochReason, NewEpoch
from kiosk_agent.domain.hosts import same_host
from kiosk_agent.domain.ranges import missing_from, ranges_of, without
from kiosk_agent.domain.reserve import Reserve
from kiosk_contracts.transactions import FIRST_PREV_HASH

_KIOSK_CODE: Final = re.compile(r"[A-Z][A-Z0-9]{1,5}")
_HIGHEST_EPOCH: Final = 99_999
"""A higher one was damaged; receipt numbers have room for six digits."""
_HASH: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Past:
    """All that is known of the journals before."""

    salvage: Salvage
    mark: Mark | None
    reserve: Reserve | None
    highest_reserved: int
    """The highest epoch that a reserve was taken for, or that is known by one."""

    def epoch(self) -> int:
        """Return the epoch that comes after all that are known of."""
        known = [epoch for epoch, _ in self.salvage.spans.values()]
        meta = _count(self.salvage.meta.get("epoch"))
        known += [self.mark.epoch if self.mark else 0, self.highest_reserved, meta]
        known.append(self.salvage.highest_epoch)
        return max(1, *(epoch for epoch in known if epoch <= _HIGHEST_EPOCH)) + 1

    def last_sequence(self) -> int:
        """Return the highest number that anything says was given, so that none is given again."""
        marked = self.mark.last_sequence if self.mark else 0
        return max(self.salvage.last_sequence, self.salvage.told, marked)

    def journal_id(self) -> UUID | None:
        """Return the journal that was the present one."""
        newest = max(self.salvage.spans, key=lambda one: self.salvage.spans[one], default="")
        noted = self.salvage.meta.get("journal_id", "")
        candidates = (noted, newest, self.mark.journal_id if self.mark else "")
        return next((found for text in candidates if (found := _uuid(text))), None)

    def reserve_for(self, kiosk_id: str, host_id: str) -> Reserve | None:
        """Return the reserve, if it was sealed for this kiosk on this host and is unused."""
        reserve = self.reserve
        if reserve is None or str(reserve.journal_id) in self.salvage.spans:
            return None
        is_ours = reserve.kiosk_id == kiosk_id and same_host(reserve.host_id, host_id)
        marked = _uuid(self.mark.journal_id) if self.mark else None
        is_used = reserve.journal_id in (self.journal_id(), marked)
        return reserve if is_ours and not is_used else None

    def head_hash(self) -> str:
        """Return the hash that the next transaction links to."""
        sequence, newest = self.salvage.newest
        noted = self.salvage.meta.get("head_hash", "")
        if sequence and sequence == self.salvage.last_sequence:
            return newest
        return noted if _HASH.fullmatch(noted) else newest or FIRST_PREV_HASH


@dataclass(frozen=True, slots=True)
class Beginning:
    """Why and when the new epoch begins."""

    reason: EpochReason
    found: str
    at: datetime


def continue_in(
    fresh: sqlite3.Connection, past: Past, new: Beginning, *, kiosk_id: str, host_id: str
) -> NewEpoch:
    """Give the salvaged rows their notes, and begin the new epoch on top of them."""
    writer = EpochWrites(fresh)
    for key, value in _notes(past).items():
        _set(fresh, key, value)
    _note_spans(fresh, past, new.at)
    reserve = past.reserve_for(kiosk_id, host_id)
    last = past.last_sequence()
    told = known_breaks(writer.epochs())
    missing = missing_from(past.salvage.sequences, 1, last)
    begun = NewEpoch(
        journal_id=reserve.journal_id if reserve else uuid4(),
        epoch=max(past.epoch(), reserve.epoch if reserve else 0),
        reason=new.reason,
        found=new.found,
        at=new.at,
        host_id=host_id,
        last_sequence=last,
        reserve=reserve,
        missing=without(missing, told.missing),
        damaged=without(ranges_of(past.salvage.damaged), told.damaged),
    )
    writer.open_epoch(begun)
    writer.write_notes()
    return begun


def _notes(past: Past) -> dict[str, str]:
    """Return what the old journal noted, where it makes sense."""
    meta, salvage = past.salvage.meta, past.salvage
    code = meta.get("kiosk_code", "")
    notes = {
        "journal_id": str(past.journal_id() or uuid4()),
        "last_sequence": str(salvage.last_sequence),
        "head_hash": past.head_hash(),
        # From the beginning again, for a fact may be missing unseen: what is known adds nothing.
        "gate_cursor": "0",
        "pin_failures": str(_count(meta.get("pin_failures"))),
        "pin_failed_at": _time(meta.get("pin_failed_at")),
    }
    if read_roster(roster := meta.get("roster", "")) is not None:
        notes["roster"] = roster
    if _KIOSK_CODE.fullmatch(code):
        notes |= {key: meta.get(key, "") for key in ("kiosk_code", "venue_id", "venue_name")}
    return notes


def _note_spans(fresh: sqlite3.Connection, past: Past, at: datetime) -> None:
    """Say of every journal that rows are of where its numbers begin."""
    spans = dict(past.salvage.spans)
    before = fresh.execute("SELECT value FROM meta WHERE key = 'journal_id'").fetchone()[0]
    spans.setdefault(before, (past.epoch() - 1, past.salvage.last_sequence + 1))
    for journal_id, (epoch, first) in spans.items():
        fresh.execute(
            "INSERT INTO epochs (journal_id, epoch, first_sequence, opened_at, reason, found)"
            " VALUES (?, ?, ?, ?, 'first', '') ON CONFLICT (journal_id) DO NOTHING",
            (journal_id, epoch, first, time_text(at)),
        )
    # A damaged transaction before all that name their journal is of the first one.
    fresh.execute(
        "UPDATE epochs SET first_sequence = 1"
        " WHERE first_sequence = (SELECT min(first_sequence) FROM epochs)"
    )


def _set(fresh: sqlite3.Connection, key: str, value: str) -> None:
    fresh.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?)"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (key, value),
    )


def _count(text: str | None) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() else 0


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


def _time(text: str | None) -> str:
    try:
        return time_text(read_time(text or ""))
    except (ValueError, OverflowError):
        return ""
