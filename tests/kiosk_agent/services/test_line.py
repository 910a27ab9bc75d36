"""The line's state claims only what calls have shown, and its changes are kept."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.ports.fleet import FleetError
from kiosk_contracts.kiosk_status import LineState
from tests.support.far_kit import Kit, at_work, kit_in


def _noted(kit: Kit) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(kit.open.path)) as plain:
        return plain.execute("SELECT state, detail FROM line_changes ORDER BY id").fetchall()


async def _fails(kit: Kit) -> None:
    with pytest.raises(FleetError):
        await kit.there.fleet.keys()


async def test_it_is_connecting_until_the_first_answer_or_failure(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        assert (kit.line.state(), kit.line.is_offline()) == (LineState.CONNECTING, True)
        assert kit.line.last_contact_at() is None
        kit.clock.advance(5)
        await kit.there.fleet.keys()
        assert (kit.line.state(), kit.line.is_offline()) == (LineState.ONLINE, False)
        assert kit.line.since() == kit.line.last_contact_at() == kit.clock.now()
        assert (kit.line.detail(), kit.line.returns) == ("", 1)
        began = kit.clock.now()
        kit.clock.advance(5)
        await kit.there.fleet.keys()
        assert (kit.line.since(), kit.line.last_contact_at()) == (began, kit.clock.now())


async def test_a_refusal_is_an_answer(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        kit.far.break_with(
            "status", path="/v1/keys", status=403, problem={"code": "not_allowed", "detail": "no"}
        )
        with pytest.raises(FleetError):
            await kit.there.fleet.keys()
        assert kit.line.state() is LineState.ONLINE


async def test_changes_are_kept_in_order_with_why(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        # A connection that was reused and reset is tried once more by aiohttp itself.
        kit.far.break_with("reset", path="/v1/keys", times=2)
        await _fails(kit)
        await kit.there.fleet.keys()
        kit.far.break_with("portal", path="/v1/keys")
        await _fails(kit)
        await kit.far.stop()
        await _fails(kit)
        assert kit.line.detail() == "Connection refused", "the newest reason is shown"
        await kit.line.write_changes()
        await kit.line.write_changes()
        closed = "the connection was closed without an answer"
        portal = "the answer is not what the protocol says"
        assert _noted(kit) == [("offline", closed), ("online", ""), ("offline", portal)]


async def test_changes_are_written_as_they_come(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        async with at_work(kit.line.run):
            await kit.there.fleet.keys()
            while not _noted(kit):
                await kit.here.journal.write(lambda _writer: None)
        assert _noted(kit) == [("online", "")]


async def test_a_call_that_was_unlucky_while_another_was_answered_is_no_outage(
    tmp_path: Path,
) -> None:
    async with kit_in(tmp_path) as kit:
        before = kit.line.contacts
        await kit.there.fleet.keys()
        kit.line.lost("unlucky", before)
        assert kit.line.state() is LineState.ONLINE
        kit.line.lost("really lost", kit.line.contacts)
        assert (kit.line.state(), kit.line.detail()) == (LineState.OFFLINE, "really lost")


async def test_an_outage_counts_from_its_begin_until_it_is_reported(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        assert kit.line.unreported_outage() is None
        began = kit.clock.now()
        kit.line.lost("down", 0)
        kit.clock.advance(60)
        kit.line.reached()
        kit.line.lost("down again", kit.line.contacts)
        assert kit.line.unreported_outage() == began
        kit.line.outage_reported()
        assert kit.line.unreported_outage() is None
        kit.clock.advance(60)
        kit.line.reached()
        kit.line.lost("once more", kit.line.contacts)
        assert kit.line.unreported_outage() == began + timedelta(seconds=120)


async def test_the_line_wakes_those_who_wait_for_it_once_for_each_return(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        kit.line.reached()
        kit.line.reached()
        assert kit.line.returns == 1
        kit.line.lost("down", kit.line.contacts)
        kit.line.reached()
        await kit.line.returned(1)
        assert kit.line.returns == 2


async def test_a_stop_while_a_change_is_written_writes_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with kit_in(tmp_path) as kit:
        await kit.there.fleet.keys()
        write = kit.here.journal.write

        async def stopped_meanwhile(work: Any) -> Any:
            writing.cancel()
            return await write(work)

        with monkeypatch.context() as patched:
            patched.setattr(kit.here.journal, "write", stopped_meanwhile)
            writing = asyncio.create_task(kit.line.write_changes())
            await asyncio.wait([writing])
        assert writing.cancelled()
        await kit.line.write_changes()
        await write(lambda _: None)
        assert _noted(kit) == [("online", "")]
