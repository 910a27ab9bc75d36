"""Kills of the agents, and answers that were given and never arrived."""

from datetime import UTC, datetime
from itertools import pairwise

from verifier.checks.showing import Matched
from verifier.evidence import Evidence, Journal, Row


def kills(journal: Journal) -> int:
    """Count runs without an end that are not the last."""
    return sum(run.stopped_at is None for run in journal.runs[:-1])


def lost_upload_answers(evidence: Evidence, journal: Journal) -> int:
    """Count uploads that ended without an answer although the ticket API has carried them out.

    Carried out: it received one of the transactions while that upload was under way.
    """
    received: dict[int, datetime] = {
        entry.sequence: entry.received_at
        for entry in evidence.ledger.entries
        if entry.journal_id == journal.journal_id
    }
    return sum(
        any(
            first <= sequence <= last and attempt.started_at <= at <= attempt.ended_at
            for sequence, at in received.items()
        )
        for attempt in journal.attempts
        if not attempt.answered
        for first, last in [(attempt.first_sequence, attempt.last_sequence)]
    )


def lost_screen_answers(journal: Journal, matched: Matched) -> int:
    """Count transactions that a killed agent committed and whose answer came from its successor.

    Recorded in a run that was killed, and first acknowledged on a terminal after the next run
    began.
    """
    return sum(
        run.started_at <= row.recorded_at < successor.started_at <= _first_shown(row, matched)
        for run, successor in pairwise(journal.runs)
        if run.stopped_at is None
        for row in journal.rows
    )


def _first_shown(row: Row, matched: Matched) -> datetime:
    """Return the earliest moment at which the row can have been shown; never is long ago."""
    shown = matched.rows.get((row.kiosk_id, row.sequence))
    times = () if shown is None else shown.times
    after = [earliest for earliest, latest in times if latest >= row.recorded_at]
    return min(after, default=datetime.min.replace(tzinfo=UTC))
