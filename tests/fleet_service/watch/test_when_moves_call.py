"""How long a move may do nothing is a setting of the service, which its watch goes by."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cloud_store.sqlite import FLEET_SERVICE, open_sqlite
from cloud_store.workspace import Workspace, key_of
from fleet_service.alarms.reading import all_alarms
from fleet_service.releases.domain.moves import KioskMove
from fleet_service.releases.records import HALTS, OPEN_MOVES, HaltRecord, MoveRecord
from fleet_service.venues.records import DirectoryRecord
from kiosk_contracts.releases import KioskMoveState, MoveState, NewMove
from tests.support.fleet import fleet_process
from tests.support.moving_store import MOVE_ID
from tests.support.operators import ops_settings

ID = str(MOVE_ID)
ALARM = "mill.-.move_stuck"


async def put_a_kiosk_that_goes_back(file: Path, ago: timedelta) -> None:
    at = datetime.now(UTC) - ago
    back = KioskMove(kiosk_id="a", instance_id="mi-a", state=KioskMoveState.MOVING_BACK, since=at)
    move = MoveRecord(
        move_id=ID,
        to="r-2",
        image="i",
        venue_id="mill",
        settle_s=60,
        by="Olga",
        made_at=at,
        state=MoveState.STOPPING,
        kiosks=(back,),
        ordered=NewMove(move_id=MOVE_ID, to="r-2", venue_id="mill"),
    )
    async with open_sqlite(file, FLEET_SERVICE) as store:
        workspace = Workspace(store)
        await workspace.load(
            [
                key_of(MoveRecord, ID),
                key_of(DirectoryRecord, OPEN_MOVES, ID),
                key_of(HaltRecord, HALTS, "mill"),
            ]
        )
        workspace.put(move, ID)
        workspace.put(DirectoryRecord(), OPEN_MOVES, ID)
        workspace.put(HaltRecord(stopped="another stopped"), HALTS, "mill")
        await workspace.commit()


async def called_for(folder: Path, **settings: float) -> set[str]:
    """Return what a service that has watched for a while kept."""
    own = ops_settings(folder)
    file = Path(own["state_file"])
    await put_a_kiosk_that_goes_back(file, timedelta(minutes=10))
    given = {**own, "judge_every_s": 0.05, **settings}
    async with fleet_process(folder, "http://127.0.0.1:9", **given) as fleet:
        # At once, by the round that looks at the other, too.
        await fleet.logged("alarm_opened")
    async with open_sqlite(file, FLEET_SERVICE) as store:
        return {one for one in await all_alarms(store) if ".move_" in one}


async def test_the_service_calls_as_soon_as_its_settings_say(tmp_path: Path) -> None:
    stopped = "mill.-.move_stopped"
    for name in ("1", "2"):
        (tmp_path / name).mkdir()
    assert await called_for(tmp_path / "1", move_back_within_s=599) == {stopped, ALARM}
    assert await called_for(tmp_path / "2", move_back_within_s=900) == {stopped}
