"""What the ticket API's knowledge of the journal does to the journal, and the sealed reserve."""

from itertools import count
from pathlib import Path

import pytest

from kiosk_agent.adapters.reserve_file import ReserveFile
from kiosk_agent.services.epoch_keeper import EpochKeeper
from kiosk_agent.services.reserving import Reserving
from kiosk_agent.services.stocking import Stocking
from kiosk_contracts.catalogue import Catalogue
from kiosk_contracts.gates import GateFeedEntry
from tests.support.far_kit import Kit, kit_in
from tests.support.far_side import event

SEASON = Catalogue.model_validate(
    {"venue_id": "harbour-hall", "venue_name": "Harbour Hall", "version": 1, "events": [event()]}
)


def _keeper(kit: Kit, folder: Path) -> EpochKeeper:
    return EpochKeeper(kit.here, kit.there, ReserveFile(folder / "reserve"), every_s=3600)


def _reserving(kit: Kit, folder: Path, **changes: float) -> Reserving:
    store = ReserveFile(folder / "reserve")
    return Reserving(
        kit.here, kit.there, store, per_type=int(changes.get("per_type", 4)), every_s=30,
        ask_again_s=300,
    )  # fmt: skip


async def _ready(kit: Kit, folder: Path) -> None:
    await kit.here.journal.write(lambda writer: writer.put_catalogue(SEASON))
    await _keeper(kit, folder)._check()


async def _told(kit: Kit, **head: object) -> str:
    identity = await kit.here.journal.read(lambda reader: reader.identity())
    kit.far.heads[str(identity.journal_id)] = head
    return str(identity.journal_id)


async def test_a_higher_number_there_freezes_the_stock_and_opens_the_reserve(
    tmp_path: Path,
) -> None:
    async with kit_in(tmp_path) as kit:
        await _ready(kit, tmp_path)
        kit.open._serials = count(1000)
        old = set(await kit.open.stock(5))
        await _reserving(kit, tmp_path).fill()
        sealed = ReserveFile(tmp_path / "reserve").load()
        assert sealed is not None
        await kit.open.append()
        await _told(kit, epoch=1, sequence=2, hash="a" * 64, kiosk_epoch=7)
        await _keeper(kit, tmp_path)._check()
        identity = await kit.here.journal.read(lambda reader: reader.identity())
        items = await kit.here.journal.read(lambda reader: reader.available("tide", "adult"))
        frozen = await kit.here.journal.read(lambda reader: reader.frozen_counts())
        checked = await kit.here.journal.read(lambda reader: reader.is_epoch_checked())
        row = await kit.open.append()
    assert checked, "so that stock may be asked for"
    assert (identity.journal_id, identity.epoch) == (sealed.journal_id, 8)
    assert frozen == {("tide", "adult"): 5}
    assert len(items) == 4
    assert not {item.serial for item in items} & old
    assert row.readable().envelope.journal_id == sealed.journal_id
    assert ReserveFile(tmp_path / "reserve").load() is None
    assert ReserveFile(tmp_path / "reserve").highest_epoch() == sealed.epoch


@pytest.mark.parametrize(("same", "epoch"), [(True, 1), (False, 2)])
async def test_another_transaction_under_our_number_is_an_older_copy_too(
    tmp_path: Path, *, same: bool, epoch: int
) -> None:
    async with kit_in(tmp_path) as kit:
        rows = [await kit.open.append() for _ in range(3)]
        there = rows[1].readable().envelope.hash if same else "b" * 64
        await _told(kit, epoch=1, sequence=2, hash=there)
        await _keeper(kit, tmp_path)._check()
        identity = await kit.here.journal.read(lambda reader: reader.identity())
    assert identity.epoch == epoch


@pytest.mark.parametrize(
    ("known", "kiosk_epoch", "epoch"), [(0, 0, 1), (0, 1, 2), (0, 4, 5), (1, 4, 1)]
)
async def test_a_journal_that_nobody_knows_takes_an_epoch_that_was_never_there(
    tmp_path: Path, known: int, kiosk_epoch: int, epoch: int
) -> None:
    async with kit_in(tmp_path) as kit:
        journal_id = await _told(kit, epoch=known, kiosk_epoch=kiosk_epoch)
        await _keeper(kit, tmp_path)._check()
        identity = await kit.here.journal.read(lambda reader: reader.identity())
        row = await kit.open.append(numbered=True)
    assert (str(identity.journal_id), identity.epoch) == (journal_id, epoch)
    assert row.receipt_number == f"HB1-{epoch}-000001"


async def test_no_stock_and_no_reserve_are_asked_for_before_the_epoch_is_known(
    tmp_path: Path,
) -> None:
    async with kit_in(tmp_path, checked=False) as kit:
        await kit.here.journal.write(lambda writer: writer.put_catalogue(SEASON))
        stocking = Stocking(kit.here, kit.there, every_s=30, ask_again_s=300)
        await stocking._top_up()
        await _reserving(kit, tmp_path).fill()
        assert not kit.far.allotments
        await _keeper(kit, tmp_path)._check()
        await stocking._top_up()
        await _reserving(kit, tmp_path).fill()
        journals = {one["journal_id"]: one["quantity"] for one in kit.far.allotments.values()}
    assert sorted(journals.values()) == [4, 40]


async def test_a_reserve_whose_answer_was_lost_is_asked_for_by_the_same_id(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        await _ready(kit, tmp_path)
        kit.far.break_with("commit_then_reset", path="/v1/allotments")
        with pytest.raises(Exception, match="line"):
            await _reserving(kit, tmp_path).fill()
        await _reserving(kit, tmp_path).fill()
        await _reserving(kit, tmp_path).fill()
        sealed = ReserveFile(tmp_path / "reserve").load()
    assert kit.far.fired["commit_then_reset"] == 1
    assert len(kit.far.allotments) == 1
    assert sealed is not None
    [lease] = sealed.leases
    assert lease.allotment is not None
    assert len(lease.allotment.tickets) == 4


async def test_a_reserve_is_renewed_when_its_leases_end_and_waits_when_there_is_none(
    tmp_path: Path,
) -> None:
    async with kit_in(tmp_path) as kit:
        await _ready(kit, tmp_path)
        reserving = _reserving(kit, tmp_path)
        await reserving.fill()
        first = ReserveFile(tmp_path / "reserve").load()
        kit.clock.boot_ms += 86_400_000
        kit.far.left["tide", "adult"] = 0
        await reserving.fill()
        await reserving.fill()
        empty = ReserveFile(tmp_path / "reserve").load()
        assert kit.far.requests["/v1/allotments"] == 2, "not again before its time"
        kit.far.left["tide", "adult"] = 9
        kit.clock.boot_ms += 300_000
        await reserving.fill()
        second = ReserveFile(tmp_path / "reserve").load()
    assert first is not None
    assert empty is not None
    assert second is not None
    assert empty.leases == ()
    assert len(second.leases) == 1
    assert first.journal_id == empty.journal_id == second.journal_id
    assert first.leases != second.leases


async def test_a_refused_reserve_is_let_go_and_a_drained_kiosk_asks_for_none(
    tmp_path: Path,
) -> None:
    async with kit_in(tmp_path) as kit:
        await _ready(kit, tmp_path)
        kit.here.state.set_draining(on=True)
        await _reserving(kit, tmp_path).fill()
        assert not kit.far.requests["/v1/allotments"]
        kit.here.state.set_draining(on=False)
        refusal = {"code": "event_unknown", "detail": "gone"}
        kit.far.break_with("status", path="/v1/allotments", status=404, problem=refusal)
        await _reserving(kit, tmp_path).fill()
        sealed = ReserveFile(tmp_path / "reserve").load()
    assert sealed is not None
    assert sealed.leases == ()


async def test_a_write_off_revokes_what_is_frozen(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        serials = await kit.open.stock(2)
        await _told(kit, epoch=1, sequence=9, hash="a" * 64)
        await _keeper(kit, tmp_path)._check()
        entry = GateFeedEntry(
            cursor=1, fact="revoked", serial=serials[0], event_id="tide", at=kit.clock.now()
        )
        await kit.here.journal.write(lambda writer: writer.add_gate_facts([entry], 1))
        states = [
            await kit.here.journal.read(lambda reader, one=one: reader.stock_item(one))
            for one in serials
        ]
    assert [item.state for item in states if item] == ["revoked", "frozen"]
