"""What operators may do to a kiosk, by how it stands. Pure."""

from datetime import datetime, timedelta
from typing import Final

from fleet_service.heartbeats.last_seen import KEPT_EVERY, LastSeen
from fleet_service.kiosks.refusing import not_drained, standing_differs
from fleet_service.venues.records import KioskRecord
from kiosk_contracts.kiosks import FormerHost
from kiosk_contracts.venues import Standing

_FRESH: Final = KEPT_EVERY + timedelta(seconds=30)
"""A report older than that says nothing of now: a kiosk reports every 15 s."""

_MOST_FORMER: Final = 20
"""Hosts of one name that are remembered; the oldest has long been scrapped."""


def revoked(kiosk_id: str, kiosk: KioskRecord) -> KioskRecord:
    """Return the kiosk out of service, at once; raises ProblemError 409."""
    match kiosk.standing:
        case Standing.ACTIVE | Standing.REVOKED:
            return kiosk.model_copy(update={"standing": Standing.REVOKED})
        case Standing.PENDING:
            hint = f"Free the name: kiosk-provision kiosk free {kiosk_id}."
            raise standing_differs(kiosk_id, kiosk.standing, "it is nobody yet", hint)
        case Standing.EXPECTED | Standing.RETIRED:
            raise standing_differs(kiosk_id, kiosk.standing, "it has no host to be let out")


def restored(kiosk_id: str, kiosk: KioskRecord) -> KioskRecord:
    """Return the kiosk in service again, and not leaving any more; raises ProblemError 409."""
    if kiosk.written_off:
        raise standing_differs(
            kiosk_id,
            kiosk.standing,
            f"it was written off ({kiosk.written_off}): its tickets may be sold elsewhere by now",
            f"Replace its host: kiosk-provision kiosk replace {kiosk_id}.",
        )
    match kiosk.standing:
        case Standing.ACTIVE | Standing.REVOKED:
            return kiosk.model_copy(update={"standing": Standing.ACTIVE, "leaving_since": None})
        case Standing.EXPECTED | Standing.PENDING | Standing.RETIRED:
            raise standing_differs(kiosk_id, kiosk.standing, "it was neither revoked nor leaving")


def freed(kiosk_id: str, kiosk: KioskRecord) -> KioskRecord:
    """Return the kiosk without the host that it was granted to; raises ProblemError 409."""
    match kiosk.standing:
        case Standing.EXPECTED | Standing.PENDING:
            return kiosk.model_copy(update={"standing": Standing.EXPECTED, "refused": ""})
        case Standing.ACTIVE | Standing.REVOKED | Standing.RETIRED:
            raise standing_differs(
                kiosk_id,
                kiosk.standing,
                "its host has been the kiosk, and may hold stock and sales",
                f"Take it out of service (kiosk-provision kiosk deprovision {kiosk_id}), or "
                f"replace its host (kiosk-provision kiosk replace {kiosk_id}).",
            )


def leaving(kiosk_id: str, kiosk: KioskRecord, now: datetime) -> KioskRecord:
    """Return the kiosk asked to leave; raises ProblemError 409."""
    match kiosk.standing:
        case Standing.ACTIVE:
            return kiosk.model_copy(update={"leaving_since": kiosk.leaving_since or now})
        case Standing.RETIRED:
            return kiosk
        case Standing.REVOKED:
            raise standing_differs(
                kiosk_id,
                kiosk.standing,
                "it is let in nowhere, so it can't send what it holds",
                f"Restore it first (kiosk-provision kiosk restore {kiosk_id}), or give up what is "
                "on its disk: --write-off.",
            )
        case Standing.EXPECTED:
            hint = "Drop it from its venue's plan: kiosk-provision venue add."
            raise standing_differs(kiosk_id, kiosk.standing, "it has no host", hint)
        case Standing.PENDING:
            hint = f"Free the name: kiosk-provision kiosk free {kiosk_id}."
            raise standing_differs(kiosk_id, kiosk.standing, "it has sold nothing yet", hint)


def written_off(kiosk_id: str, kiosk: KioskRecord, reason: str) -> KioskRecord:
    """Return the kiosk given up, with what is on its disk; raises ProblemError 409."""
    match kiosk.standing:
        case Standing.ACTIVE | Standing.REVOKED:
            given_up = {"standing": Standing.REVOKED, "written_off": kiosk.written_off or reason}
            return kiosk.model_copy(update=given_up)
        case Standing.RETIRED:
            return kiosk
        case Standing.EXPECTED | Standing.PENDING:
            raise standing_differs(kiosk_id, kiosk.standing, "it has no disk to be given up")


def retired(kiosk_id: str, kiosk: KioskRecord, seen: LastSeen | None, now: datetime) -> KioskRecord:
    """Return the kiosk out of service for good; raises ProblemError 409."""
    match kiosk.standing:
        case Standing.RETIRED:
            return kiosk
        case Standing.ACTIVE | Standing.REVOKED:
            _refuse_undrained(kiosk_id, kiosk, seen, now)
            return kiosk.model_copy(update={"standing": Standing.RETIRED})
        case Standing.EXPECTED | Standing.PENDING:
            raise standing_differs(kiosk_id, kiosk.standing, "it was never in service")


def renewed(kiosk_id: str, kiosk: KioskRecord, seen: LastSeen | None, now: datetime) -> KioskRecord:
    """Return the kiosk as one that expects another host; raises ProblemError 409."""
    match kiosk.standing:
        case Standing.EXPECTED:
            return kiosk
        case Standing.ACTIVE | Standing.REVOKED:
            _refuse_undrained(kiosk_id, kiosk, seen, now)
            # Its id and code stay: roster, printer and receipts belong to the name.
            return KioskRecord(
                kiosk_code=kiosk.kiosk_code,
                venue_id=kiosk.venue_id,
                standing=Standing.EXPECTED,
                served=True,
                settings=kiosk.settings,
                former=(*kiosk.former, _as_former(kiosk, seen))[-_MOST_FORMER:],
            )
        case Standing.PENDING:
            hint = f"Free the name: kiosk-provision kiosk free {kiosk_id}."
            raise standing_differs(kiosk_id, kiosk.standing, "its host is not it yet", hint)
        case Standing.RETIRED:
            hint = "Plan a new kiosk: kiosk-provision venue add."
            raise standing_differs(kiosk_id, kiosk.standing, "it is out of service for good", hint)


def is_fresh(seen: LastSeen, now: datetime) -> bool:
    """Say whether a kiosk's last report says something of now."""
    return now - seen.seen_at <= _FRESH


def _as_former(kiosk: KioskRecord, seen: LastSeen | None) -> FormerHost:
    return FormerHost(
        instance_id=kiosk.instance_id, journal_id=None if seen is None else seen.journal_id
    )


def _refuse_undrained(
    kiosk_id: str, kiosk: KioskRecord, seen: LastSeen | None, now: datetime
) -> None:
    """Raise ProblemError 409 unless nothing would be lost with the kiosk's disk."""
    if kiosk.written_off:
        return
    if kiosk.leaving_since is None:
        raise not_drained(kiosk_id, "Nobody has asked it to leave.")
    if seen is None or seen.seen_at < kiosk.leaving_since:
        raise not_drained(kiosk_id, "It has not reported since it was asked to leave.")
    if not is_fresh(seen, now):
        raise not_drained(
            kiosk_id,
            f"It was last heard at {seen.seen_at:%Y-%m-%d %H:%M:%S} UTC, and may have recorded "
            "something since.",
        )
    if not (seen.left and seen.leaving_since == kiosk.leaving_since):
        why = "; ".join(seen.why_not_left) or "it has not begun to drain"
        raise not_drained(kiosk_id, f"It says: {why}.")
