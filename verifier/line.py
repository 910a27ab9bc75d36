"""How long the line was down, and how long the journals took to drain afterwards."""

from dataclasses import dataclass
from datetime import datetime

from verifier.evidence import Journal


@dataclass(frozen=True, slots=True)
class Outage:
    """A kiosk was offline from `began` to `ended`, None if it never came back."""

    began: datetime
    ended: datetime | None


def outages(journal: Journal) -> list[Outage]:
    """Return the stretches without a line, oldest first.

    From the first `offline` that the agent noted to the next `online`; an agent that is killed and
    started meanwhile notes `offline` again, and the stretch goes on.
    """
    found: list[Outage] = []
    began: datetime | None = None
    for change in journal.line_changes:
        if change.online and began is not None:
            found.append(Outage(began, change.at))
            began = None
        elif not change.online and began is None:
            began = change.at
    if began is not None:
        found.append(Outage(began, None))
    return found


def outage_seconds(journal: Journal) -> float | None:
    """Return the longest stretch; one without an end counts to the last thing that was recorded.

    None if the agent noted nothing of the line.
    """
    if not journal.line_changes:
        return None
    last = max(
        [change.at for change in journal.line_changes] + [row.recorded_at for row in journal.rows]
    )
    lengths = [(outage.ended or last) - outage.began for outage in outages(journal)]
    return round(max((length.total_seconds() for length in lengths), default=0.0), 3)


def drain_seconds(journal: Journal) -> float | None:
    """Return the longest time from a line's return to the settling of the last one that waited.

    What waited: transactions recorded offline before that return, and settled after it. None if
    there were none.
    """
    drains: list[float] = []
    ends = [outage.ended for outage in outages(journal) if outage.ended is not None]
    for row in journal.rows:
        if not row.offline or row.settled_at is None:
            continue
        back = next((end for end in ends if end >= row.recorded_at), None)
        if back is not None:
            drains.append((row.settled_at - back).total_seconds())
    return round(max(0.0, *drains), 3) if drains else None
