"""One at a time works on a release: a request, or whoever goes on with what was cut off.

Two at once would register a task definition twice, and each make a service of its own.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from cloud_store.port import Store
from cloud_store.retrying import with_fresh_reads
from cloud_store.workspace import Workspace
from fleet_service.releases import refusing
from fleet_service.releases.records import OPEN_RELEASES, ReleaseRecord
from fleet_service.venues.records import DirectoryRecord
from kiosk_contracts.releases import ReleaseState

TURN: Final = timedelta(seconds=180)
"""At a place ECS is asked twice, and gives up after 50 seconds each time: whoever has said nothing
for so long was killed. And whoever asked has so long to ask again before it goes on by itself."""
_ENDED: Final = frozenset({ReleaseState.LIVE, ReleaseState.RETIRED})


def begun(known: ReleaseRecord, now: datetime) -> ReleaseRecord:
    """Return a release with a turn that begins now."""
    return known.model_copy(update={"turn": known.turn + 1, "at_work": True, "tried_at": now})


def is_at_work(known: ReleaseRecord, now: datetime) -> bool:
    """Say whether somebody's turn has not ended."""
    return known.at_work and not is_forgotten(known, now)


def is_forgotten(known: ReleaseRecord, now: datetime) -> bool:
    """Say whether nobody has said anything of it for a whole turn."""
    # Of either sign: a clock that was ahead must not keep it open for long.
    return known.tried_at is None or abs(now - known.tried_at) >= TURN


async def put(workspace: Workspace, release_id: str, after: ReleaseRecord) -> None:
    """Put a release, and list it among those that are open, or no longer."""
    await workspace.fetch(ReleaseRecord, release_id)
    is_open = await workspace.fetch(DirectoryRecord, OPEN_RELEASES, release_id) is not None
    workspace.put(after, release_id)
    if after.state in _ENDED and is_open:
        workspace.delete(DirectoryRecord, OPEN_RELEASES, release_id)
    if after.state not in _ENDED and not is_open:
        workspace.put(DirectoryRecord(), OPEN_RELEASES, release_id)


async def keep(store: Store, release_id: str, mine: ReleaseRecord, **news: Any) -> ReleaseRecord:
    """Keep what came of a turn; raises ProblemError `release_busy` if it is another's by now."""

    async def work(workspace: Workspace) -> ReleaseRecord:
        known = await workspace.fetch(ReleaseRecord, release_id)
        if known is None or known.turn != mine.turn:
            raise refusing.release_busy(release_id)
        after = mine.model_copy(update=news)
        await put(workspace, release_id, after)
        await workspace.commit()
        return after

    return await with_fresh_reads(store, work)
