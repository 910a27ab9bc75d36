"""A venue that is moved, with its store in a file: who goes on with the move may be killed."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from cloud_store.port import Item, Key, Store, Write
from cloud_store.sqlite import FLEET_SERVICE, open_sqlite
from cloud_store.workspace import Workspace, key_of
from fleet_service.clock import SystemClock
from fleet_service.heartbeats.stored import StoredHeartbeats
from fleet_service.kiosks.ports import AwsAwayError
from fleet_service.releases.ordering import Moves
from fleet_service.releases.ports import Aim, Completing, HostInEcs
from fleet_service.releases.records import RELEASES, MoveRecord, ReleaseRecord
from fleet_service.releases.tending import Tending
from fleet_service.venues.records import DirectoryRecord, KioskRecord
from fleet_service.venues.service import Venues
from kiosk_contracts.releases import MoveStanding, NewMove, ReleasePlace, ReleaseState
from kiosk_contracts.ui_task_terms import UiTaskTerms
from kiosk_contracts.venues import Standing, Venue
from tests.support.moving_fleet import BEGAN, IMAGES, NEW, OLD, crashing, report_of, shown
from tests.support.operators import venue

MOVE_ID = UUID("0197a000-0000-7000-8000-00000000000a")
VENUE = "harbour-hall"
REGION, CLUSTER = "eu-central-1", "kiosks"
_NOTHING: Callable[[], None] = lambda: None  # noqa: E731  a default


@dataclass
class FileEcs:
    """Adapter of Mover: what hosts are told is in a file, and is so at once."""

    path: Path
    event: Callable[[], None] = _NOTHING
    away: int = 0
    """So many calls fail."""
    first: str = OLD
    """What a host was told before all calls."""

    def told(self) -> dict[str, str]:
        """Return what each host was told last."""
        return dict(self.calls())

    def calls(self) -> list[tuple[str, str]]:
        """Return each call that counted: the host, and the release."""
        try:
            lines = self.path.read_text("utf-8").splitlines()
        except FileNotFoundError:
            return []
        return [tuple(json.loads(line)) for line in lines]

    async def look(self, instance_id: str) -> HostInEcs:
        self._fail()
        told = self.told().get(instance_id, self.first)
        return HostInEcs(REGION, CLUSTER, connected=True, told=told, running=frozenset({arn(told)}))

    async def move(self, instance_id: str, aim: Aim) -> None:
        self._fail()
        self.event()
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps([instance_id, aim.release_id]) + "\n")
        self.event()

    def _fail(self) -> None:
        if self.away:
            self.away -= 1
            raise AwsAwayError("ECS answered PutAttributes: ThrottlingException")


@dataclass
class HeldLease:
    """Adapter of Lease that is held; a test says in which term."""

    term: int | None = 1

    def held(self) -> int | None:
        return self.term

    async def fence(self, workspace: Workspace, term: int) -> None:
        """Refuse nothing: a move's own version does."""


@dataclass
class EventfulStore:
    """A store that tells of each commit, before and after."""

    inner: Store
    event: Callable[[], None]

    async def get(self, key: Key) -> Item | None:
        return await self.inner.get(key)

    async def get_many(self, keys: Sequence[Key]) -> list[Item | None]:
        return await self.inner.get_many(keys)

    async def query(self, kind: str, pk: str, *, after: str = "", limit: int = 100) -> list[Item]:
        return await self.inner.query(kind, pk, after=after, limit=limit)

    async def commit(self, writes: Sequence[Write]) -> None:
        self.event()
        await self.inner.commit(writes)
        self.event()


@dataclass
class FileClock:
    """A clock that goes on where a killed process left it."""

    path: Path

    def now(self) -> datetime:
        return BEGAN + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return float(self.path.read_text()) if self.path.exists() else 0.0

    def advance(self, seconds: float) -> None:
        self.path.write_text(str(self.monotonic() + seconds))


class AllThere:
    """Adapter of Completing: each release is wherever kiosks are."""

    def is_whole(self, _known: ReleaseRecord, _region: str, _cluster: str) -> bool:
        return True

    async def complete(self, release_id: str, region: str, cluster: str) -> None:
        raise AssertionError((release_id, region, cluster))


def host_of(kiosk_id: str) -> str:
    """Return the managed instance of a kiosk, e.g. of `till-hb1`."""
    return f"mi-{int(kiosk_id[-1]):017}"


def arn(release: str) -> str:
    """Return the ARN of a release's task definition."""
    return f"arn:aws:ecs:{REGION}:1:task-definition/kiosk-ui:{release}"


@dataclass
class Hall:
    """Harbour Hall, as a process sees it."""

    folder: Path
    store: Store
    ecs: FileEcs
    clock: FileClock
    lease: HeldLease = field(default_factory=HeldLease)
    crashes: bool = False
    """Whether the new release crashes wherever it runs."""
    away: set[str] = field(default_factory=set)
    """Kiosks without a line."""
    ends: set[str] = field(default_factory=set)
    """Kiosks whose kiosk UI was told to end, and finishes the sale at hand."""
    completing: Completing = field(default_factory=AllThere)

    @property
    def moves(self) -> Moves:
        return Moves(self.store, self.clock, self.ecs)

    def tending(self) -> Tending:
        return Tending(self.store, self.clock, self.lease, self.ecs, self.completing)

    async def record(self) -> MoveRecord:
        found = await Workspace(self.store).fetch(MoveRecord, str(MOVE_ID))
        assert found is not None
        return found

    async def begin(self, **changes: Any) -> MoveStanding:
        order = NewMove.model_validate(
            {"move_id": MOVE_ID, "to": NEW, "venue_id": VENUE, "settle_s": 60, **changes}
        )
        return await self.moves.begin(order, "Olga")

    async def kiosks_report(self) -> None:
        """Let time pass, and each kiosk with a line say how it is."""
        self.clock.advance(15)
        for kiosk_id in await self.kiosks():
            if kiosk_id in self.away:
                continue
            runs = self.ecs.told().get(host_of(kiosk_id), OLD)
            ui = crashing(NEW) if runs == NEW and self.crashes else shown(runs)
            images = [{"image": IMAGES[one], "state": "ready"} for one in (OLD, NEW)]
            screen = {"holder": "a", "stopping": kiosk_id in self.ends}
            seen = report_of(kiosk_id, self.clock.now(), ui=ui, images=images, screen=screen)
            await StoredHeartbeats(self.store, SystemClock()).put(seen, watched=True)

    async def kiosks(self) -> list[str]:
        told = await Venues(self.store).get(VENUE)
        return [one.kiosk_id for one in told.kiosks]

    async def go_on(self, rounds: int = 60, tending: Tending | None = None) -> MoveRecord:
        """Go on until the move has ended, so many looks at most."""
        tending = tending or self.tending()
        for _ in range(rounds):
            found = await self.record()
            if found.state.ended:
                break
            await self.kiosks_report()
            await tending.look(str(MOVE_ID))
        return await self.record()

    async def set_up(self, *codes: str) -> None:
        """Open the venue, with kiosks in service, and two releases."""
        await Venues(self.store).put(Venue.model_validate(venue(VENUE, *codes)))
        workspace = Workspace(self.store)
        for kiosk_id in await self.kiosks():
            known = await workspace.fetch(KioskRecord, kiosk_id)
            assert known is not None
            active = {"standing": Standing.ACTIVE, "instance_id": host_of(kiosk_id)}
            workspace.put(known.model_copy(update=active), kiosk_id)
        for release in (OLD, NEW):
            place = ReleasePlace(region=REGION, cluster=CLUSTER, task_definition=arn(release))
            made = ReleaseRecord(
                state=ReleaseState.LIVE,
                task=UiTaskTerms(image=IMAGES[release]),
                made_at=BEGAN,
                by="Olga",
                places=(place,),
            )
            await workspace.load(
                [key_of(ReleaseRecord, release), key_of(DirectoryRecord, RELEASES, release)]
            )
            workspace.put(made, release)
            workspace.put(DirectoryRecord(), RELEASES, release)
        await workspace.commit()


@asynccontextmanager
async def opened(
    folder: Path, *, event: Callable[[], None] = _NOTHING, crashes: bool = False
) -> AsyncIterator[Hall]:
    """Open the hall's store."""
    async with open_sqlite(folder / "fleet.db", FLEET_SERVICE) as store:
        ecs = FileEcs(folder / "ecs.jsonl", event)
        clock = FileClock(folder / "clock")
        yield Hall(folder, EventfulStore(store, event), ecs, clock, crashes=crashes)


@asynccontextmanager
async def selling(folder: Path, *codes: str) -> AsyncIterator[Hall]:
    """Open the hall's store, with kiosks in service that have reported."""
    async with opened(folder) as hall:
        await hall.set_up(*codes)
        await hall.kiosks_report()
        yield hall


def go_on_in_a_process(folder: Path, kill_at: int | None, *, crashes: bool) -> bool:
    """Go on with the move in another process; say whether it was killed before its end."""
    pid = os.fork()
    if pid == 0:
        try:
            asyncio.run(_go_on(folder, kill_at, crashes=crashes))
        except BaseException:  # noqa: BLE001  whatever it is, this process ends by it
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


async def _go_on(folder: Path, kill_at: int | None, *, crashes: bool) -> None:
    events, armed = 0, False

    def event() -> None:
        nonlocal events
        events += armed
        if events == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    async with opened(folder, event=event, crashes=crashes) as hall:
        tending = hall.tending()
        while not (await hall.record()).state.ended:
            await hall.kiosks_report()
            armed = True
            await tending.look(str(MOVE_ID))
            armed = False
