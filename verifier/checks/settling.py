"""Each journaled transaction is in the ledger, alike on both sides, or kept for a person."""

from collections.abc import Iterator

from verifier.canonical import canonical_hash
from verifier.evidence import Entry, Evidence, Row
from verifier.findings import Finding, error, notice
from verifier.sales import unreadable
from verifier.standing import kept_as_they_came, key_of, names_in_kept


def check_settling(evidence: Evidence) -> Iterator[Finding]:
    """Compare journals and ledger, transaction by transaction, both ways."""
    entries = evidence.entries_by_txn()
    kept, named = kept_as_they_came(evidence), names_in_kept(evidence)
    for row in evidence.rows():
        found = entries.get(row.txn_id, [])
        own = [entry for entry in found if entry.journal_id == row.journal_id]
        if key_of(row) in kept:
            yield from _kept_as_it_came(row)
        elif own and key_of(row) in named and _differs_since(row, own[0]):
            yield _second_copy(row)
        elif found:
            yield from _compare(row, (own or found)[0])
        else:
            yield _missing(row)
    journaled = {row.txn_id for row in evidence.rows()}
    for entry in evidence.ledger.entries:
        if entry.txn_id not in journaled:
            yield error(
                "not_journaled",
                f"The ticket API has {entry.name} with the id {entry.txn_id}, which no kiosk's"
                " journal knows.",
            )


def check_readable(evidence: Evidence) -> Iterator[Finding]:
    """Find payloads that cannot be read, of what was journaled untouched or has settled."""
    said = [(row.name, row.kind, row.payload) for row in evidence.rows() if row.untouched]
    said += [
        (each.name, each.kind, each.payload) for each in evidence.ledger.entries if each.settled
    ]
    for name, kind, payload in said:
        if why := unreadable(kind, payload):
            yield error("payload_unreadable", f"{name} is not as documented: {why}.")


def _missing(row: Row) -> Finding:
    if row.state == "settled":
        text = "the kiosk believes that it is settled, but the ticket API does not have it"
    else:
        text = f"it is {row.state} at the kiosk and the ticket API does not have it"
    return error("not_in_ledger", f"{row.name} is lost: {text}.", lost=1)


def _differs_since(row: Row, entry: Entry) -> bool:
    """Say whether a row was changed after it had settled as it was sealed, and was found out."""
    return (
        entry.settled
        and (row.state, row.outcome.get("code")) == ("quarantined", "txn_payload_differs")
        and row.envelope == entry.envelope
        and canonical_hash(entry.payload) == row.envelope.get("payload_hash")
    )


def _second_copy(row: Row) -> Finding:
    return notice(
        "second_copy",
        f"{row.name} settled as it was sealed and was changed in the journal afterwards; the"
        " ticket API keeps both, and it waits for a person at the kiosk.",
    )


def _kept_as_it_came(row: Row) -> Iterator[Finding]:
    if row.state == "quarantined":
        yield notice(
            "kept_unread", f"{row.name} could not be read; the ticket API keeps it as it came."
        )
    else:
        yield error(
            "states_differ",
            f"{row.name} is {row.state} at the kiosk, but the ticket API could not read it.",
        )


def _compare(row: Row, entry: Entry) -> Iterator[Finding]:
    if row.state != entry.status:
        yield error(
            "states_differ",
            f"{row.name} is {row.state} at the kiosk and {entry.status} at the ticket API.",
        )
    if entry.settled:
        yield from _compare_settled(row, entry)
    elif entry.status == "quarantined":
        yield from _compare_quarantined(row, entry)
    else:
        yield error(
            "status_unknown", f"{row.name} has the status {entry.status!r} at the ticket API."
        )


def _compare_settled(row: Row, entry: Entry) -> Iterator[Finding]:
    for field in ("journal_id", "sequence", "kind"):
        if getattr(row, field) != getattr(entry, field):
            yield error(
                "places_differ",
                f"{row.name} has the {field} {getattr(row, field)} at the kiosk and"
                f" {getattr(entry, field)} at the ticket API.",
            )
    if row.envelope != entry.envelope:
        yield error("envelopes_differ", f"{row.name} was sealed otherwise than it settled.")
    if not row.untouched:
        yield error(
            "tampered",
            f"{row.name} was changed in the journal after it was sealed, and yet it is settled.",
        )
    if canonical_hash(entry.payload) != row.envelope.get("payload_hash"):
        yield error(
            "payloads_differ", f"What settled for {row.name} is not what the kiosk recorded."
        )
    if entry.flags:
        yield notice("flagged", f"{row.name} is settled and flagged: {', '.join(entry.flags)}.")


def _compare_quarantined(row: Row, entry: Entry) -> Iterator[Finding]:
    if not (entry.code and entry.detail):
        yield error("no_reason", f"{row.name} is quarantined without a reason that says why.")
    if not row.outcome.get("code"):
        yield error("no_reason_shown", f"{row.name}: the kiosk was not told why it is quarantined.")
    if row.untouched:
        yield notice("quarantined", f"{row.name} waits for a person: {entry.detail} ({entry.code})")
    else:
        yield notice(
            "tampered",
            f"{row.name} was changed in the journal after it was sealed; it was found out and"
            f" waits for a person: {entry.detail} ({entry.code})",
        )
