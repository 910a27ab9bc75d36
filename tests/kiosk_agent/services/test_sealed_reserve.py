"""Nobody takes a sealed reserve twice, whatever falls between its sealing and its journal."""

import asyncio
import shutil
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from kiosk_agent.adapters.journal.recovery import Home, prepare
from kiosk_agent.adapters.journal.store import SqliteJournal, open_journal
from kiosk_agent.adapters.reserve_file import ReserveFile
from kiosk_agent.domain.reserve import Reserve
from kiosk_agent.services.epoch_keeper import EpochKeeper
from kiosk_agent.services.reserving import Reserving
from kiosk_contracts.catalogue import Catalogue
from tests.support.far_kit import Kit, kit_in
from tests.support.far_side import event
from tests.support.journal import KIOSK_ID
from tests.support.salvage import _sell_out

HOST = "machine:aaaa"


class _Killed(BaseException):
    pass


class _Disks:
    """A state directory, and a reserve on another disk."""

    def __init__(self, folder: Path) -> None:
        self.state, self.other = folder / "state", folder / "other"
        self.state.mkdir()
        self.store = ReserveFile(self.other)

    def keeper(self, kit: Kit) -> EpochKeeper:
        return EpochKeeper(kit.here, kit.there, self.store, every_s=3600)

    def reserving(self, kit: Kit) -> Reserving:
        return Reserving(kit.here, kit.there, self.store, per_type=4, every_s=30, ask_again_s=300)

    async def contradict(self, kit: Kit) -> None:
        """Let the kiosk stand, with stock and a reserve, before a ticket API that knows more."""
        await kit.here.journal.write(lambda writer: writer.put_host_id(HOST))
        await kit.here.journal.write(lambda writer: writer.put_catalogue(_season("tide")))
        await self.keeper(kit)._check()
        kit.open._serials = count(1000)
        await kit.open.stock(5)
        await self.reserving(kit).fill()
        await kit.open.append()
        journal_id = str(await _identity(kit.here.journal))
        head = {"epoch": 1, "sequence": 2, "hash": "a" * 64, "kiosk_epoch": 1}
        kit.far.heads[journal_id] = head

    async def go_on(self, kit: Kit) -> None:
        for _ in range(3):
            await self.keeper(kit)._check()
            await self.reserving(kit).fill()
            kit.clock.advance(400)

    def opened(self, kit: Kit) -> Any:
        path = self.state / "journal.db"
        home = Home(path, KIOSK_ID, HOST, self.store, kit.clock)
        return open_journal(
            path,
            clock=kit.clock,
            kiosk_id=KIOSK_ID,
            host_id=HOST,
            prepare=lambda _: prepare(home),
        )


def _season(*event_ids: str) -> Catalogue:
    events = [{**event(), "event_id": one, "event_no": no} for no, one in enumerate(event_ids, 7)]
    names = {"venue_id": "harbour-hall", "venue_name": "Harbour Hall", "version": 1}
    return Catalogue.model_validate({**names, "events": events})


async def _identity(journal: Any) -> UUID:
    identity = await journal.read(lambda reader: reader.identity())
    return UUID(str(identity.journal_id))


def _serials(reserve: Reserve | None) -> set[str]:
    leases = reserve.leases if reserve else ()
    return {ticket.serial for one in leases if one.allotment for ticket in one.allotment.tickets}


async def _no_tickets_twice(disks: _Disks, kit: Kit) -> None:
    """Sell all, lose the state directory, sell all again: nothing repeats."""
    sold, _ = await kit.here.journal.write(_sell_out)
    before = await _identity(kit.here.journal)
    await kit.here.journal.close()
    shutil.rmtree(disks.state)
    disks.state.mkdir()
    async with disks.opened(kit) as journal:
        again, _ = await journal.write(_sell_out)
        after = await _identity(journal)
    assert not set(sold) & set(again)
    assert before != after


@pytest.mark.parametrize("killed", ["mark_used", "open_epoch"])
async def test_a_kill_around_the_commit_that_takes_it_leaves_nothing_to_take_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: str
) -> None:
    disks = _Disks(tmp_path)
    async with kit_in(disks.state) as kit:
        await disks.contradict(kit)
        real, write = ReserveFile.mark_used, kit.here.journal.write

        def kill_after(store: ReserveFile, journal_id: UUID) -> None:
            real(store, journal_id)
            raise _Killed

        async def kill_after_commit(work: Any) -> Any:
            await write(work)
            raise _Killed

        with monkeypatch.context() as patch:
            if killed == "mark_used":
                patch.setattr(ReserveFile, "mark_used", kill_after)
            else:
                patch.setattr(SqliteJournal, "write", lambda _, work: kill_after_commit(work))
            with suppress(_Killed):
                await disks.keeper(kit)._check()
                pytest.fail("it was not killed")
        await disks.go_on(kit)
        sealed = disks.store.load()
        assert sealed is not None
        assert sealed.journal_id != await _identity(kit.here.journal)
        assert len(_serials(sealed)) == 4
        await _no_tickets_twice(disks, kit)


async def test_a_fill_and_a_new_epoch_do_not_cross(tmp_path: Path) -> None:
    disks = _Disks(tmp_path)
    async with kit_in(disks.state) as kit:
        await disks.contradict(kit)
        await kit.here.journal.write(lambda writer: writer.put_catalogue(_season("tide", "gale")))
        ask, crossing = kit.there.fleet.request_allotment, []

        async def slow(request: Any) -> Any:
            answer = await ask(request)
            if not crossing:
                crossing.append(asyncio.create_task(disks.keeper(kit)._check()))
                await asyncio.wait(crossing, timeout=0.5)
            return answer

        kit.there.fleet.request_allotment = slow  # type: ignore[method-assign]
        await disks.reserving(kit).fill()
        await asyncio.gather(*crossing)
        taken = await _identity(kit.here.journal)
        counts = await kit.here.journal.read(lambda reader: reader.stock_counts())
        assert {key[0]: available for key, (available, _) in counts.items()} == {
            "tide": 4,
            "gale": 4,
        }
        await disks.go_on(kit)
        sealed = disks.store.load()
        assert sealed is not None
        assert sealed.journal_id != taken
        await _no_tickets_twice(disks, kit)


async def test_a_reserve_that_an_earlier_version_left_behind_is_put_out_of_reach_at_the_start(
    tmp_path: Path,
) -> None:
    disks = _Disks(tmp_path)
    async with kit_in(disks.state) as kit:
        await disks.contradict(kit)
        left = disks.store.load()
        assert left is not None
        await disks.keeper(kit)._check()
        disks.store.save(left)
        kit.here.state.set_draining(on=True)
        running = asyncio.create_task(disks.reserving(kit).run())
        await asyncio.wait([running], timeout=0.2)
        running.cancel()
        assert disks.store.load() is None
        await _no_tickets_twice(disks, kit)


async def test_an_epoch_that_does_not_begin_after_all_leaves_the_reserve_sealed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disks = _Disks(tmp_path)
    async with kit_in(disks.state) as kit:
        await disks.contradict(kit)
        sealed = disks.store.load()
        monkeypatch.setattr(
            "kiosk_agent.services.epoch_keeper._judge", lambda *_: None, raising=True
        )
        await disks.keeper(kit)._check()
        assert disks.store.load() == sealed is not None


async def test_types_without_a_reserve_are_told_but_not_those_too_small_for_one(
    tmp_path: Path,
) -> None:
    disks = _Disks(tmp_path)
    small = {"ticket_type_id": "box", "type_no": 2, "name": "Box", "capacity": 19}
    body = _season("tide").to_json()
    body["events"][0]["ticket_types"].append(small)
    body["events"][0]["price_list"]["prices"]["box"] = {"amount": "9.00", "currency": "EUR"}
    async with kit_in(disks.state) as kit:
        kit.far.left["tide", "adult"] = 0
        await kit.here.journal.write(
            lambda writer: writer.put_catalogue(Catalogue.model_validate(body))
        )
        await disks.reserving(kit).fill()
        [warning] = kit.here.state.warnings()
        assert (warning.code, warning.text) == (
            "reserve_empty",
            "The sealed reserve is empty for Tide, Adult.",
        )
        kit.far.left["tide", "adult"] = 9
        kit.far.requests.clear()
        await disks.reserving(kit).fill()
        assert not kit.here.state.warnings()
        [asked] = [one for one in kit.far.allotments.values() if one["tickets"]]
        assert (asked["reserve"], asked["quantity"], asked["ticket_type_id"]) == (True, 4, "adult")


async def test_a_drained_kiosk_says_that_its_reserve_stays_leased_and_to_which_journal(
    tmp_path: Path,
) -> None:
    disks = _Disks(tmp_path)
    async with kit_in(disks.state) as kit:
        await disks.contradict(kit)
        sealed = disks.store.load()
        assert sealed is not None
        kit.here.state.set_draining(on=True)
        await disks.reserving(kit).fill()
        [warning] = kit.here.state.warnings()
        assert warning.code == "reserve_kept"
        assert str(sealed.journal_id) in warning.hint
        kit.here.state.set_draining(on=False)
        await disks.reserving(kit).fill()
        assert not kit.here.state.warnings()
