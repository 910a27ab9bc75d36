"""A kiosk that operators take out of service drains for good, and says when it has left."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from kiosk_agent.services.sessions import Heartbeats
from kiosk_agent.services.uploader import Uploader, UploadRules
from tests.support.agent_process import command, kiosk_folder, running_agent
from tests.support.far_kit import Kit, at_work, kit_in, states, until
from tests.support.far_side import FarSide, event


async def reported(kit: Kit, reports: int = 1) -> dict[str, Any]:
    """Return the last of so many reports."""
    beats = Heartbeats(
        kit.here,
        kit.there,
        kit.leaving,
        kit.retiring,
        kit.images,
        every_s=15,
        agent_version="0.1.0",
    )
    for _ in range(reports):
        await beats._report()
    return kit.far.heartbeats[-1]


async def test_nobody_who_is_not_asked_leaves(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        await kit.open.stock(3)
        report = await reported(kit, 2)
        assert (report["left"], report["draining"], report["why_not_left"]) == (False, False, [])
        assert not kit.here.state.is_draining()


async def test_it_gives_its_tickets_back_and_has_left_once_all_is_settled(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        await kit.open.append()
        await kit.open.stock(3)
        kit.far.leave = True
        await reported(kit)
        assert kit.here.state.is_draining()
        counts = await kit.here.journal.read(lambda reader: reader.stock_counts())
        assert counts == {}
        report = await reported(kit)
        assert (report["left"], report["draining"]) == (False, True)
        [why] = report["why_not_left"]
        assert "2 transactions are not settled" in why
        rules = UploadRules(batch_max=8, park_after=timedelta(minutes=10), parked_again_s=900)
        async with at_work(Uploader(kit.here, kit.there, rules).run):
            await until(kit, lambda reader: states(reader) == ["settled"] * 2)
        report = await reported(kit)
        assert (report["left"], report["left_at"], report["why_not_left"]) == (True, 2, [])
        assert kit.left.is_set()


async def test_one_that_drains_by_itself_has_not_left(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        kit.here.state.set_draining(on=True)
        report = await reported(kit, 2)
        assert (report["left"], report["left_at"], report["draining"]) == (False, None, True)
        assert not kit.here.state.has_left()


async def test_a_shift_that_is_open_keeps_it(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        shift_id = uuid4()
        now = kit.clock.now()
        await kit.here.journal.write(lambda writer: writer.put_open_shift(shift_id, "ana", now, 0))
        kit.far.leave = True
        report = await reported(kit, 2)
        [why] = report["why_not_left"]
        assert "shifts that are open: 1; their cashiers or a manager close them" in why
        assert not kit.here.state.has_left()
        await kit.here.journal.write(lambda writer: writer.close_shift(shift_id, now, 0))
        assert (await reported(kit))["left"] is True


async def test_it_counts_again_where_nothing_else_is_written_before_it_leaves(
    tmp_path: Path,
) -> None:
    async with kit_in(tmp_path) as kit:
        kit.far.leave = True
        await reported(kit)
        read = kit.here.journal.read

        async def recorded_after(look: Any) -> Any:
            seen = await read(look)
            if getattr(look, "__qualname__", "") == "Leaving._standing":
                await kit.open.append()
            return seen

        kit.here.journal.read = recorded_after  # type: ignore[method-assign]
        report = await reported(kit)
        assert (await read(lambda reader: reader.head()))[0] == 1
        assert report["left"] is False
        assert "1 transaction is not settled" in report["why_not_left"][0]
        assert not kit.here.state.has_left()


async def test_who_is_to_stay_records_again_and_drains_until_that_is_ended(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        kit.far.leave = True
        report = await reported(kit, 2)
        assert (report["left"], kit.here.state.has_left(), kit.left.is_set()) == (True, True, True)
        kit.here.state.set_draining(on=False)
        assert kit.here.state.is_draining()
        kit.far.leave = False
        await reported(kit)
        assert (kit.here.state.has_left(), kit.left.is_set()) == (False, False)
        assert (await reported(kit))["left"] is False


async def test_what_a_cart_still_holds_keeps_it_and_goes_back_after_it(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        serials = await kit.open.stock(2)
        cart = uuid4()
        await kit.here.journal.write(lambda writer: writer.hold(cart, serials[:1]))
        kit.far.leave = True
        report = await reported(kit, 2)
        assert "tickets that have not gone back: 1" in report["why_not_left"]
        await kit.here.journal.write(lambda writer: writer.release(cart, serials[:1]))
        report = await reported(kit, 2)
        assert not [why for why in report["why_not_left"] if "gone back" in why]


async def test_who_switches_draining_off_is_overruled(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        kit.far.leave = True
        await reported(kit)
        kit.here.state.set_draining(on=False)
        await reported(kit)
        assert kit.here.state.is_draining()


async def test_a_real_agent_leaves_and_stays_so_after_a_restart() -> None:
    async with FarSide() as far:
        far.catalogue["events"] = [event()]
        with kiosk_folder(far.url) as folder:
            async with running_agent(folder) as agent:
                await agent.until_logged(lambda said: said["event"] == "stock_granted")
                far.leave = True
                await far.until(lambda: bool(far.heartbeats and far.heartbeats[-1]["left"]))
                assert await agent.stop() == 0
            seen = len(far.heartbeats)
            async with running_agent(folder) as agent:
                await far.until(lambda: len(far.heartbeats) > seen)
                # From its first report on: what it said before is true all the time.
                assert far.heartbeats[seen]["left"] is True
                status = await command(folder, "status")
                assert "draining" in status.out
                assert await agent.stop() == 0
