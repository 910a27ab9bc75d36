"""A fleet on a bad night, in a store: what people look at when they are called.

Nobody judges, sweeps or moves meanwhile: another task has the leases, so that what a test sees is
what is here, and what it does itself.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import aiohttp

from cloud_store.opening import open_store
from cloud_store.places import FLEET_SERVICE
from cloud_store.port import Key, Store
from cloud_store.records import Record
from cloud_store.workspace import Workspace, key_of
from fleet_service.alarms.records import NOW, PAST, AlarmRecord, past_key
from fleet_service.commands.records import CommandOrderRecord, CommandRecord, order_key
from fleet_service.heartbeats.stored import SeenRecord
from fleet_service.instances.history import HistoryRecord
from fleet_service.instances.records import SWEEPS, WATCH, HostLookRecord, SweepRecord, WatchRecord
from fleet_service.leases.records import LeaseRecord, TermRecord
from fleet_service.releases.domain.moves import KioskMove
from fleet_service.releases.records import (
    MOVES,
    MOVES_LEASE,
    OPEN_MOVES,
    RELEASES,
    DecisionRecord,
    MoveRecord,
    ReleaseRecord,
    VenueMoveRecord,
    decision_key,
)
from fleet_service.venues.records import VENUES, DirectoryRecord, KioskRecord, VenueRecord
from kiosk_contracts.instances import OfflineSpan, StateChange
from kiosk_contracts.releases import KioskMoveState, MoveState, NewMove, ReleasePlace, ReleaseState
from kiosk_contracts.ui_task_terms import UiTaskTerms
from kiosk_contracts.venues import PlannedKiosk, Standing
from tests.support.fleet import (
    JOURNAL_ID,
    KIOSK_ID,
    SECRET,
    FleetFiles,
    RunningFleet,
    fleet_process,
    registered,
)
from tests.support.operators import ops_settings

REGION: Final = "eu-central-1"
CLUSTER: Final = "kiosks"
ECS: Final = f"ecs {REGION}/{CLUSTER}"
SSM: Final = f"ssm {REGION}"
MOVE_ID: Final = "0197a000-0000-7000-8000-00000000a001"
MARKUP: Final = "<img src=x onerror=alert(1)> & Söhne"
"""The name of a venue whose owner is of a humorous kind."""
_IMAGES: Final = {
    "r-2026-11": f"registry.example.com/kiosk-ui@sha256:{'1f' * 32}",
    "r-2026-12": f"registry.example.com/kiosk-ui@sha256:{'2e' * 32}",
}
_CHUNK: Final = 90


@dataclass
class Night:
    """What is to be written, by its place."""

    at: datetime
    records: dict[Key, Record] = field(default_factory=dict)
    planned: dict[str, list[PlannedKiosk]] = field(default_factory=dict)

    def put(self, record: Record, pk: str, sk: str | None = None) -> None:
        """Have a record written."""
        key = key_of(type(record), pk) if sk is None else key_of(type(record), pk, sk)
        self.records[key] = record

    def ago(self, **parts: float) -> datetime:
        """Return a time before the night's now."""
        return self.at - timedelta(**parts)

    def venue(self, venue_id: str, name: str, **more: Any) -> None:
        """Have a venue with the kiosks that were planned for it."""
        told = {
            "venue_id": venue_id,
            "name": name,
            "time_zone": "Europe/Berlin",
            "kiosks": tuple(self.planned.get(venue_id, ())),
            **more,
        }
        self.put(VenueRecord.model_validate(told), venue_id)
        self.put(DirectoryRecord(), VENUES, venue_id)

    def kiosk(
        self,
        venue_id: str,
        code: str,
        *,
        seen_s: float | None = 5,
        ssm: str = "Online",
        **told: Any,
    ) -> str:
        """Have a kiosk; `seen_s`: how long ago it reported, None: never. Returns its id."""
        kiosk_id = f"till-{code.lower()}"
        standing = told.pop("standing", Standing.ACTIVE)
        release = told.pop("release", "r-2026-11")
        connected = told.pop("connected", True)
        number = len(self.records)
        host = f"mi-{number:017x}" if standing is not Standing.EXPECTED else None
        self.planned.setdefault(venue_id, []).append(
            PlannedKiosk(kiosk_id=kiosk_id, kiosk_code=code)
        )
        self.put(
            KioskRecord(kiosk_code=code, venue_id=venue_id, standing=standing, instance_id=host),
            kiosk_id,
        )
        if seen_s is not None and host is not None:
            self.put(self._seen(kiosk_id, seen_s, release, told), kiosk_id)
        if host is not None:
            look = HostLookRecord(
                status="ACTIVE", connected=connected, changed_at=self.ago(hours=9), release=release
            )
            self.put(look, ECS, host)
            # A host that is online pinged also since its agent fell silent.
            last_s = 40 if ssm == "Online" else (seen_s or 0) + 40
            ping = HostLookRecord(status=ssm, told_at=self.ago(seconds=last_s))
            self.put(ping, SSM, host)
        return kiosk_id

    def _seen(self, kiosk_id: str, seen_s: float, release: str, told: dict[str, Any]) -> SeenRecord:
        body = {
            "kiosk_id": kiosk_id,
            "seen_at": self.ago(seconds=seen_s),
            "agent_version": "0.7.2",
            "journal_id": JOURNAL_ID,
            "queued": 0,
            "parked": 0,
            "quarantined": 0,
            "last_sequence": 4711,
            "images": [{"image": _IMAGES["r-2026-12"], "state": "ready"}],
            "ui": {"source": "ecs", "image": _IMAGES[release], "standby_ready": True},
            "screen": {"holder": "a", "busy": False},
            "free_bytes": 21 * 2**30,
            "room": "enough",
            "stock": [
                {"event_id": "hamlet", "ticket_type_id": "adult", "left": 112},
                {"event_id": "hamlet", "ticket_type_id": "child", "left": 0},
            ],
        }
        return SeenRecord.model_validate({**body, **told})

    def command(
        self, kiosk_id: str, kind: str, *, ago_min: float, lasts_min: float = 15, **told: Any
    ) -> str:
        """Have somebody have asked a kiosk to do something; returns the command's id."""
        command_id, at = str(uuid4()), self.ago(minutes=ago_min)
        terms = {name: told.pop(name) for name in ("reason", "forced") if name in told}
        made = {
            "ordered": {"command_id": command_id, "kind": kind, **terms},
            "by": "Ana",
            "made_at": at,
            "expires_at": at + timedelta(minutes=lasts_min),
            **told,
        }
        self.put(CommandRecord.model_validate(made), kiosk_id, command_id)
        self.put(CommandOrderRecord(command_id=UUID(command_id)), kiosk_id, order_key(at))
        return command_id

    def alarm(
        self, venue_id: str, kiosk_id: str, cause: str, words: str, *, ago_min: float, **more: Any
    ) -> str:
        """Have an alarm; returns its id."""
        alarm_id = f"{venue_id or '-'}.{kiosk_id or '-'}.{cause}"
        since = self.ago(minutes=ago_min)
        told = {"venue_id": venue_id, "kiosk_id": kiosk_id, "cause": cause, "words": words}
        one = AlarmRecord.model_validate({**told, "seen_since": since, "opened_at": since, **more})
        self.put(one, NOW, alarm_id)
        return alarm_id

    def watched_by_another(self) -> None:
        """Let another task, which is not there, have both leases."""
        for name in (WATCH, MOVES_LEASE):
            self.put(TermRecord(term=1, holder="another"), name)
            self.put(LeaseRecord(holder="another", until=self.at + timedelta(days=1)), name)
        self.put(WatchRecord(looked_at=self.at, since=self.ago(hours=30)), WATCH)
        for name, words in (
            (ECS, f"ECS in {REGION}, cluster {CLUSTER}"),
            (SSM, f"Systems Manager in {REGION}"),
        ):
            # Asked again later than a test lasts: what they say counts until then.
            sweep = SweepRecord(words=words, looked_at=self.at, hosts=60)
            self.put(sweep, SWEEPS, name)

    async def write(self, store: Store) -> None:
        """Write all of it."""
        for some in _chunks(list(self.records.items())):
            workspace = Workspace(store)
            await workspace.load(key for key, _ in some)
            for key, record in some:
                workspace._change(key, record)
            await workspace.commit()


def _chunks(items: list[tuple[Key, Record]]) -> Iterator[list[tuple[Key, Record]]]:
    for first in range(0, len(items), _CHUNK):
        yield items[first : first + _CHUNK]


def settings() -> dict[str, object]:
    """Return the settings with which a fleet service has the views of ECS and Systems Manager."""
    return {
        "instance_account": "123456789012",
        "instance_role": "EventProKiosk",
        "instance_regions": [REGION],
        "identity_audience": "fleet.example.com",
        "instance_cluster": CLUSTER,
    }


def environment(aws: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return what leads to `aws`, or to no AWS at all."""
    return {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
        **(aws or {}),
    }


async def fill(file: Path, night: Night) -> None:
    """Write a night into a store that nobody has opened yet."""
    async with open_store(file, FLEET_SERVICE) as store:
        await night.write(store)


@asynccontextmanager
async def night_service(
    folder: Path,
    night: Night,
    *,
    ticket_api_url: str = "http://127.0.0.1:9",
    aws: Mapping[str, str] | None = None,
    **more: object,
) -> AsyncIterator[tuple[RunningFleet, aiohttp.ClientSession]]:
    """Run a fleet service that knows a night; nothing is behind it but what is said here."""
    own = ops_settings(folder)
    FleetFiles(folder).write().register(registered(KIOSK_ID, "HB1", "harbour-hall", SECRET))
    await fill(Path(own["state_file"]), night)
    given = {**own, **settings(), **more}
    async with (
        fleet_process(folder, ticket_api_url, environment=environment(aws), **given) as fleet,
        aiohttp.ClientSession(fleet.url) as http,
    ):
        yield fleet, http


def bad_night() -> Night:
    """Return it: a dozen venues, each with something of its own."""
    night = Night(datetime.now(UTC))
    night.watched_by_another()
    _harbour_hall(night)
    _moved_venue(night)
    _silent_venues(night)
    _wrong_in_parts(night)
    _quiet_venues(night)
    for number in range(1, 9):
        venue_id = f"stage-{number}"
        for till in range(1, 5):
            night.kiosk(venue_id, f"S{number}{till}")
        night.venue(venue_id, f"Stage {number}")
    return night


def large_fleet(kiosks: int, *, of_venue: int = 8) -> Night:
    """Return so many kiosks, one in forty of them with a problem, which stay as they are."""
    night = Night(datetime.now(UTC))
    night.watched_by_another()
    for number in range(kiosks):
        venue_id = f"venue-{number // of_venue:04d}"
        wrong = {"ui": {"source": "none"}} if number % 40 == 0 else {}
        # Reported in the future: nobody is to fall silent while a bench runs.
        night.kiosk(venue_id, f"K{number:04d}", seen_s=-3600, **wrong)
    for venue_id in list(night.planned):
        night.venue(venue_id, f"Venue {venue_id[-4:]}")
    return night


def _harbour_hall(night: Night) -> None:
    """Its first kiosk, HB1, is of the kiosks file: tests report for it."""
    down = night.kiosk("harbour-hall", "HB2", ui={"source": "none", "standby_ready": False})
    night.kiosk("harbour-hall", "HB3")
    night.venue(
        "harbour-hall", "Harbour Hall", address="Pier 3, Hamburg", contact="Jo, +49 40 1234"
    )
    night.alarm("harbour-hall", down, "ui_down", "no kiosk UI answers keys there", ago_min=4)
    _asked_of(night, down)
    night.put(
        HistoryRecord(
            changes=(
                _change(night, 4, "ui_down", "no kiosk UI answers keys there"),
                _change(night, 9, "degraded", "the standby is on its screen"),
                _change(night, 1300, "well", "it reports, and nothing is wrong"),
            ),
            sold_offline=(OfflineSpan(since=night.ago(hours=31), until=night.ago(hours=29)),),
        ),
        down,
    )


def _asked_of(night: Night, kiosk_id: str) -> None:
    """Three commands, of which one waits."""
    night.command(
        kiosk_id,
        "logs",
        ago_min=7,
        reason="why is it on its standby?",
        fetched_at=night.ago(minutes=6.8),
        ended_at=night.ago(minutes=6.7),
        end="done",
        why="kiosk-agent: 200 lines",
    )
    night.command(
        kiosk_id,
        "reboot",
        ago_min=3,
        fetched_at=night.ago(minutes=2.9),
        ended_at=night.ago(minutes=2.8),
        end="refused",
        why="somebody is served at its screen (2 tickets in the cart); ask again, or force it",
    )
    night.command(kiosk_id, "restart_ui", ago_min=0.1, reason="it shows nothing")


def _change(night: Night, minutes: float, state: str, why: str) -> StateChange:
    return StateChange(at=night.ago(minutes=minutes), state=state, why=why)


def _moved_venue(night: Night) -> None:
    for number in range(1, 6):
        night.kiosk("old-opera", f"OP{number}", release="r-2026-12" if number < 3 else "r-2026-11")
    night.venue("old-opera", "Old Opera")
    for release, days in (("r-2026-11", 20), ("r-2026-12", 0.1)):
        told = ReleaseRecord(
            state=ReleaseState.LIVE,
            task=UiTaskTerms(image=_IMAGES[release]),
            made_at=night.ago(days=days),
            by="Ana",
            places=(
                ReleasePlace(region=REGION, cluster=CLUSTER, task_definition="arn:1"),
                ReleasePlace(region="eu-west-1", cluster=CLUSTER),
            ),
        )
        night.put(told, release)
        night.put(DirectoryRecord(), RELEASES, release)
    _move(night)
    night.alarm(
        "old-opera",
        "",
        "move_stuck",
        f"the move {MOVE_ID} to r-2026-12 is running and has not come on; till-op4: it is busy",
        ago_min=3,
        move_id=MOVE_ID,
        release="r-2026-12",
    )


def _move(night: Night) -> None:
    stands = (
        ("op1", KioskMoveState.MOVED, "it settled a sale at the new release", 11),
        ("op2", KioskMoveState.SETTLING, "its screen shows the new release", 2),
        ("op3", KioskMoveState.WAITING, "op2 has to prove itself first", 14),
        ("op4", KioskMoveState.WAITING, "it is busy: a sale is open", 14),
        ("op5", KioskMoveState.WAITING, "op2 has to prove itself first", 14),
    )
    kiosks = tuple(
        KioskMove(
            kiosk_id=f"till-{name}",
            instance_id="mi-0",
            state=state,
            why=why,
            from_release="r-2026-11",
            since=night.ago(minutes=since),
        )
        for name, state, why, since in stands
    )
    move = MoveRecord(
        move_id=MOVE_ID,
        to="r-2026-12",
        image=_IMAGES["r-2026-12"],
        venue_id="old-opera",
        canary="till-op1",
        settle_s=300,
        by="Ana",
        made_at=night.ago(minutes=14),
        state=MoveState.RUNNING,
        why="the canary has moved; the others follow one by one",
        kiosks=kiosks,
        decided=4,
        ordered=NewMove.model_validate(
            {"move_id": MOVE_ID, "to": "r-2026-12", "venue_id": "old-opera"}
        ),
    )
    night.put(move, MOVE_ID)
    night.put(VenueMoveRecord(move_id=MOVE_ID), "old-opera")
    night.put(DirectoryRecord(), MOVES, MOVE_ID)
    night.put(DirectoryRecord(), OPEN_MOVES, MOVE_ID)
    decided: Iterable[tuple[str, str | None, str]] = (
        ("begun", None, "Ana asked for it"),
        ("begin with a kiosk", "till-op1", "it is idle, and has the image"),
        ("has moved", "till-op1", "it settled a sale at the new release"),
        ("begin with a kiosk", "till-op2", "it is idle, and has the image"),
    )
    for number, (what, kiosk_id, why) in enumerate(decided, start=1):
        at = night.ago(minutes=15 - 3 * number)
        one = DecisionRecord(number=number, at=at, what=what, kiosk_id=kiosk_id, why=why)
        night.put(one, MOVE_ID, decision_key(number))


def _silent_venues(night: Night) -> None:
    for number in range(1, 5):
        night.kiosk("castle-yard", f"CY{number}", seen_s=700 + number, ssm="ConnectionLost")
    night.venue("castle-yard", "Castle Yard", contact="Mr Brandt, +49 30 987")
    night.alarm("castle-yard", "", "venue_unreachable", "no kiosk of it answers", ago_min=9)
    gone = night.kiosk("town-hall", "TH1", seen_s=360, ssm="ConnectionLost")
    quiet = night.kiosk("town-hall", "TH2", seen_s=240)
    night.kiosk("town-hall", "TH3")
    night.venue("town-hall", "Town Hall")
    words = "it does not report, and its neighbours answer"
    night.alarm(
        "town-hall",
        gone,
        "kiosk_unreachable",
        words,
        ago_min=4,
        acknowledged_at=night.ago(minutes=2),
        acknowledged_by="Ana",
        note="the caretaker looks at the cable",
    )
    words = "it does not report, and its host answers Systems Manager"
    night.alarm("town-hall", quiet, "agent_silent", words, ago_min=2)


def _wrong_in_parts(night: Night) -> None:
    stuck = night.kiosk("arena", "AR1", quarantined=2, parked=1)
    night.kiosk("arena", "AR2", clock_offset_s=95, room="low", free_bytes=2**29)
    for number in range(3, 9):
        night.kiosk("arena", f"AR{number}")
    night.venue("arena", "Arena")
    night.alarm(
        "arena", stuck, "quarantined", "2 transactions could not be settled", ago_min=75, returned=2
    )
    night.kiosk("humour", "HU1", queued=31, oldest_queued_at=night.ago(minutes=40))
    night.kiosk("humour", "HU2")
    night.venue("humour", MARKUP)


def _quiet_venues(night: Night) -> None:
    shut = [*("mo", "tu", "we", "th", "fr", "sa", "su")][(night.at.weekday() + 3) % 7]
    hours = [{"days": [shut], "opens": "10:00", "closes": "12:00"}]
    for number in range(1, 4):
        night.kiosk("garden", f"GA{number}", seen_s=50_000, ssm="ConnectionLost")
    night.venue("garden", "Palm Garden", opening_hours=hours)
    night.kiosk("new-house", "NH1", standing=Standing.EXPECTED)
    night.kiosk("new-house", "NH2", standing=Standing.PENDING, seen_s=None)
    night.kiosk("new-house", "NH3", standing=Standing.RETIRED, seen_s=None)
    night.venue("new-house", "New House")
    over = AlarmRecord(
        venue_id="garden",
        kiosk_id="till-ga1",
        cause="disk_low",
        words="its disk has little room",
        seen_since=night.ago(hours=8),
        opened_at=night.ago(hours=8),
        closed_at=night.ago(hours=7),
    )
    night.put(over, PAST, past_key(night.ago(hours=7), "garden.till-ga1.disk_low"))
