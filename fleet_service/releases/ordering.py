"""Moves as operators order them: begun, shown, paused, gone on with, aborted."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

import structlog

from cloud_store.port import Store
from cloud_store.retrying import with_fresh_reads
from cloud_store.workspace import Workspace, key_of
from fleet_service.clock import Clock
from fleet_service.kiosks.ports import AwsAwayError
from fleet_service.kiosks.records import KioskReleaseRecord
from fleet_service.kiosks.refusing import kiosk_not_planned, standing_differs
from fleet_service.releases import refusing
from fleet_service.releases.domain.moves import KioskMove
from fleet_service.releases.domain.starting import no_way_back
from fleet_service.releases.keeping import close, decide, put_halt, readable
from fleet_service.releases.ports import Looker
from fleet_service.releases.records import (
    HALTS,
    MOVES,
    OPEN_MOVES,
    DecisionRecord,
    HaltRecord,
    MoveRecord,
    ReleaseRecord,
    VenueMoveRecord,
    decision_key,
)
from fleet_service.venues.records import DirectoryRecord, KioskRecord, VenueRecord
from fleet_service.venues.refusing import venue_unknown
from kiosk_contracts.releases import (
    Decision,
    DecisionPage,
    MoveAct,
    MovePage,
    MoveStanding,
    MoveState,
    NewMove,
    ReleaseState,
)
from kiosk_contracts.venues import Standing

log = structlog.get_logger()

MOST_LISTED: Final = 50
MOST_DECISIONS: Final = 100
_ASKED_FOR_S: Final = 5.0
"""Whoever orders a move waits for it."""
_MOST_ASKED: Final = 2
"""Kiosks of a move of which ECS is asked before it begins; of the others the plan says so."""
_ACTS: Final = {
    "pause": (MoveState.PAUSED, "paused", {MoveState.RUNNING}),
    "resume": (MoveState.RUNNING, "gone on with", {MoveState.PAUSED}),
    "abort": (
        MoveState.ABORTED,
        "aborted",
        {MoveState.RUNNING, MoveState.PAUSED, MoveState.STOPPING},
    ),
}


class Moves:
    """All moves. Every order is one commit, or none, and idempotent."""

    def __init__(self, store: Store, clock: Clock, looker: Looker | None = None) -> None:
        """`looker`: whom to ask what kiosks were told; None where no cluster is known."""
        self._store = store
        self._clock = clock
        self._looker = looker

    async def begin(self, order: NewMove, by: str) -> MoveStanding:
        """Have kiosks moved, from now on; the same order again is no other move.

        Raises ProblemError 404 `release_unknown`, `kiosk_unknown`, `venue_unknown`; 409
        `release_not_live`, `release_retired`, `standing_differs`, `nothing_to_move`,
        `no_way_back`, `move_runs_already`, `move_differs`; 422 for a canary that is not among
        them.
        """
        told_of: dict[str, str] | None = None

        async def work(workspace: Workspace) -> MoveStanding:
            nonlocal told_of
            move_id = str(order.move_id)
            known = await workspace.fetch(MoveRecord, move_id)
            if known is not None:
                if known.ordered != order:
                    raise refusing.move_differs(move_id)
                return known.standing()
            venue_id, kiosks = await self._kiosks(workspace, order)
            release = await workspace.fetch(ReleaseRecord, order.to)
            _refuse_release(order.to, release)
            # Whoever retires it looks for moves after it has said so.
            workspace.rest_on(ReleaseRecord, order.to)
            running = await workspace.fetch(VenueMoveRecord, venue_id)
            if running is not None:
                raise refusing.move_runs_already(venue_id, running.move_id)
            if told_of is None:
                # Once: whoever tries the write again would ask ECS all of it again.
                told_of = await self._told_first(order, kiosks)
            await _refuse_no_way_back(workspace, order.to, told_of)
            image = "" if release is None else release.task.image
            move = self._move(order, by, venue_id, image, kiosks)
            await self._put(workspace, move)
            await workspace.commit()
            return move.standing()

        told = await with_fresh_reads(self._store, work)
        log.info("move_ordered", move_id=str(told.move_id), to=told.to, venue_id=told.venue_id)
        return told

    async def act(self, move_id: str, act: str, order: MoveAct, by: str) -> MoveStanding:
        """Do `pause`, `resume` or `abort`; raises ProblemError 404, and 409 `move_ended`.

        A move in which ECS is being told of a kiosk just now is `stopping` until that call has
        ended, and aborted then: after that no kiosk is told anything by it.
        """
        state, words, fitting = _ACTS[act]

        async def work(workspace: Workspace) -> MoveStanding:
            known = await self._known(workspace, move_id)
            if known.state is state:
                return known.standing()
            if known.state not in fitting:
                raise refusing.move_ended(move_id, known.state, words)
            now = self._clock.now()
            if known.aborted and known.being_told(now):
                return known.standing()
            why = f"{by}: {order.why}" if order.why else by
            decided = Decision(number=known.decided + 1, at=now, what=act, why=why)
            news = {"state": state, "why": f"{words} by {why}", "decided": decided.number}
            after = _once_nobody_is_told(known.model_copy(update=news), now)
            decide(workspace, known, decided)
            workspace.put(after, move_id)
            if after.state.ended:
                await close(workspace, after, now)
            await workspace.commit()
            return after.standing()

        told = await with_fresh_reads(self._store, work)
        log.info("move_changed", move_id=move_id, state=told.state)
        return told

    async def get(self, move_id: str) -> MoveStanding:
        """Return a move; raises ProblemError 404 `move_unknown`."""
        return (await self._known(Workspace(self._store), move_id)).standing()

    async def page(self, after: str, limit: int, *, still_open: bool = False) -> MovePage:
        """Return up to `limit` moves whose ids are above `after`, by their ids.

        One that this version can't read is left out: an alarm tells of it (`move_stuck`).
        """
        most = min(limit, MOST_LISTED)
        partition = OPEN_MOVES if still_open else MOVES
        items = await self._store.query(
            DirectoryRecord.store_kind, partition, after=after, limit=most
        )
        ids = [item.key.sk for item in items]
        workspace = Workspace(self._store)
        await workspace.load(key_of(MoveRecord, one) for one in ids)
        found = [known for one in ids if (known := readable(workspace, one)) is not None]
        return MovePage(
            moves=tuple(known.standing() for known in found),
            next_after=ids[-1] if len(ids) == most else None,
        )

    async def decisions(self, move_id: str, after: str, limit: int) -> DecisionPage:
        """Return decisions of a move behind the number `after`; raises ProblemError 404."""
        await self._known(Workspace(self._store), move_id)
        most = min(limit, MOST_DECISIONS)
        behind = decision_key(int(after)) if after.isdecimal() and len(after) <= 8 else ""  # noqa: PLR2004  a key's digits
        items = await self._store.query(
            DecisionRecord.store_kind, move_id, after=behind, limit=most
        )
        found = tuple(Decision.model_validate(item.body) for item in items)
        more = str(found[-1].number) if len(found) == most else None
        return DecisionPage(decisions=found, next_after=more)

    async def _known(self, workspace: Workspace, move_id: str) -> MoveRecord:
        known = await workspace.fetch(MoveRecord, move_id)
        if known is None:
            raise refusing.move_unknown(move_id)
        return known

    async def _told_first(
        self, order: NewMove, kiosks: Sequence[tuple[str, str]]
    ) -> dict[str, str]:
        """Return what ECS says that those kiosks are to run which go first."""
        if order.without_way_back or self._looker is None:
            return {}
        first = sorted(kiosks, key=lambda one: one[0] != order.canary)
        return await _told(self._looker, first[:_MOST_ASKED])

    async def _kiosks(
        self, workspace: Workspace, order: NewMove
    ) -> tuple[str, list[tuple[str, str]]]:
        """Return the venue, and the kiosks in service that are to be moved, with their hosts."""
        if order.kiosk_id is not None:
            kiosk = await workspace.fetch(KioskRecord, order.kiosk_id)
            if kiosk is None:
                raise kiosk_not_planned(order.kiosk_id)
            if not _is_in_service(kiosk):
                why = "it is leaving" if kiosk.leaving_since else "only one in service is moved"
                raise standing_differs(order.kiosk_id, kiosk.standing, why)
            return kiosk.venue_id, [(order.kiosk_id, kiosk.instance_id or "")]
        venue_id = order.venue_id or ""
        venue = await workspace.fetch(VenueRecord, venue_id)
        if venue is None:
            raise venue_unknown(venue_id)
        await workspace.load(key_of(KioskRecord, one.kiosk_id) for one in venue.kiosks)
        known = [(one.kiosk_id, workspace.get(KioskRecord, one.kiosk_id)) for one in venue.kiosks]
        found = [
            (kiosk_id, kiosk.instance_id or "")
            for kiosk_id, kiosk in known
            if kiosk is not None and _is_in_service(kiosk)
        ]
        if not found:
            raise refusing.nothing_to_move(venue_id, "none of its kiosks is in service")
        return venue_id, found

    def _move(
        self,
        order: NewMove,
        by: str,
        venue_id: str,
        image: str,
        kiosks: Sequence[tuple[str, str]],
    ) -> MoveRecord:
        if order.canary is not None and order.canary not in dict(kiosks):
            raise refusing.canary_elsewhere(order.canary)
        now = self._clock.now()
        return MoveRecord(
            move_id=str(order.move_id),
            ordered=order,
            to=order.to,
            image=image,
            venue_id=venue_id,
            canary=order.canary,
            settle_s=order.settle_s,
            by=by,
            without_way_back=order.without_way_back,
            made_at=now,
            kiosks=tuple(
                KioskMove(kiosk_id=kiosk_id, instance_id=instance_id, since=now)
                for kiosk_id, instance_id in kiosks
            ),
        )

    async def _put(self, workspace: Workspace, move: MoveRecord) -> None:
        """Put a new move, what holds its venue for it, and what its kiosks are to have."""
        words = f"{move.by}: {len(move.kiosks)} kiosks of {move.venue_id} to {move.to}"
        words += ", also those that could not be brought back" if move.without_way_back else ""
        first = Decision(number=1, at=move.made_at, what="order", why=words)
        decided = decide(workspace, move, first)
        kiosks = [one.kiosk_id for one in move.kiosks]
        await workspace.load(
            [
                key_of(DirectoryRecord, MOVES, move.move_id),
                key_of(DirectoryRecord, OPEN_MOVES, move.move_id),
                key_of(HaltRecord, HALTS, move.venue_id),
                *(key_of(KioskReleaseRecord, one) for one in kiosks),
            ]
        )
        workspace.put(MoveRecord.model_validate(decided.to_json()), move.move_id)
        workspace.put(DirectoryRecord(), MOVES, move.move_id)
        workspace.put(DirectoryRecord(), OPEN_MOVES, move.move_id)
        workspace.put(VenueMoveRecord(move_id=move.move_id), move.venue_id)
        # Somebody saw to the one that stopped. Who was left stays so until it is off.
        halt = workspace.get(HaltRecord, HALTS, move.venue_id) or HaltRecord()
        put_halt(workspace, move.venue_id, HaltRecord(left=halt.left))
        for one in kiosks:
            known = workspace.get(KioskReleaseRecord, one) or KioskReleaseRecord()
            news = {"wanted": move.image, "move_id": move.move_id}
            workspace.put(known.model_copy(update=news), one)


def _once_nobody_is_told(move: MoveRecord, now: datetime) -> MoveRecord:
    """Return a move after an act; an abort waits for the calls that may be under way."""
    told = move.being_told(now) if move.state is MoveState.ABORTED else ()
    if not told:
        progressed = {"progressed_at": now} if move.state is MoveState.RUNNING else {}
        return move.model_copy(update=progressed)
    waits = f"{move.why}; it ends once ECS is not being told of {', '.join(told)} any more"
    return move.model_copy(update={"state": MoveState.STOPPING, "why": waits, "aborted": move.why})


async def _refuse_no_way_back(workspace: Workspace, to: str, told: Mapping[str, str]) -> None:
    """Raise ProblemError for kiosks that could not be brought back, as far as ECS says now.

    Of whom it was not asked, or did not answer in time, the plan says so once it does.
    """
    names = {*told.values()} - {""}
    await workspace.load(key_of(ReleaseRecord, one) for one in names)
    found = {one: workspace.get(ReleaseRecord, one) for one in names}
    live = {
        one
        for one, release in found.items()
        if release is not None and release.state is ReleaseState.LIVE
    }
    for kiosk_id, release_id in told.items():
        why = no_way_back(to, release_id, live)
        if why:
            raise refusing.no_way_back(kiosk_id, why)


async def _told(looker: Looker, kiosks: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return what ECS says that kiosks are to run; without those of whom it does not say soon."""

    async def ask(kiosk_id: str, instance_id: str) -> None:
        with suppress(AwsAwayError):
            found[kiosk_id] = (await looker.look(instance_id)).told

    found: dict[str, str] = {}
    with suppress(TimeoutError):
        async with asyncio.timeout(_ASKED_FOR_S), asyncio.TaskGroup() as group:
            for kiosk_id, instance_id in kiosks:
                group.create_task(ask(kiosk_id, instance_id))
    return dict(sorted(found.items()))


def _is_in_service(kiosk: KioskRecord) -> bool:
    return kiosk.standing is Standing.ACTIVE and kiosk.leaving_since is None


def _refuse_release(release_id: str, release: ReleaseRecord | None) -> None:
    if release is None:
        raise refusing.release_unknown(release_id)
    if release.state is ReleaseState.RETIRED:
        raise refusing.release_retired(release_id)
    if release.state is not ReleaseState.LIVE:
        raise refusing.release_not_live(release_id, release.state)
