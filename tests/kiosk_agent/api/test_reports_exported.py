"""Reports leave the kiosk as files, over the real socket."""

import errno
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from uuid6 import uuid7

from kiosk_agent.adapters import report_folder
from kiosk_contracts.shifts import ShiftReport
from tests.support.agent_process import files_in
from tests.support.tickets import euros
from tests.support.ui_socket import Answer, Till, till_in


async def _open(till: Till) -> str:
    await till.opened.stock(10)
    await till.open_shift()
    return str((await till.ask("GET", "/v1/session")).body["shift_id"])


async def _export(till: Till, shift_id: object) -> Answer:
    return await till.ask("POST", f"/v1/shifts/{shift_id}/export")


async def test_an_x_report_and_the_z_report_are_files_of_their_own(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        shift_id = await _open(till)
        await till.sell(adult=2)
        early = await _export(till, shift_id)
        till.opened.clock.advance(60)
        body: dict[str, Any] = {"txn_id": str(uuid7()), "counted": euros("125.00").to_json()}
        closed = await till.ask("POST", f"/v1/shifts/{shift_id}/close", body)
        assert closed.status == 201, closed.body
        late = await _export(till, shift_id)
        till.opened.clock.advance(60)
        again = await _export(till, shift_id)
    assert (early.status, late.status, late.body) == (200, 200, again.body)
    assert late.body["folder"] == str(tmp_path / "reports")
    written = files_in(tmp_path / "reports")
    assert sorted(written) == sorted([*early.body["files"], *late.body["files"]])
    assert {name[:6] for name in written} == {"X-HB1-", "Z-HB1-"}
    [z_report] = [name for name in late.body["files"] if name.endswith(".json")]
    assert (
        ShiftReport.model_validate_json(written[z_report] or b"").to_json()
        == (closed.body["report"])
    )


async def test_a_shift_that_nobody_knows_or_another_ones_is_not_written(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        shift_id = await _open(till)
        unknown = await _export(till, uuid4())
        no_id = await _export(till, "mine")
        await till.sign_in("gus")
        another = await _export(till, shift_id)
    assert (unknown.status, unknown.body["code"]) == (404, "shift_unknown")
    assert (no_id.status, no_id.body["code"]) == (422, "body_invalid")
    assert (another.status, another.body["code"]) == (403, "role_too_low")
    assert not (tmp_path / "reports").exists()


async def test_a_folder_that_cannot_be_written_is_named_and_nothing_is_half_there(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as till:
        shift_id = await _open(till)
        (tmp_path / "reports").write_text("a file")
        refused = await _export(till, shift_id)
    assert (refused.status, refused.body["code"]) == (500, "setting_invalid")
    assert "reports" in refused.body["detail"]
    assert (tmp_path / "reports").read_text() == "a file"


async def test_a_disk_without_room_is_named_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_path: Path, _content: bytes, _mode: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(report_folder, "write_whole", full)
    async with till_in(tmp_path) as till:
        refused = await _export(till, await _open(till))
    assert (refused.status, refused.body["code"]) == (507, "storage_full")


async def test_what_is_exported_can_be_read_by_others_where_its_folder_lets_them(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as till:
        await _export(till, await _open(till))
    folder = tmp_path / "reports"
    assert oct(folder.stat().st_mode & 0o777) == "0o755"
    modes = {oct(path.stat().st_mode & 0o777) for path in folder.iterdir()}
    assert modes == {"0o644"}


async def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir(mode=0o750)
    async with till_in(tmp_path) as till:
        assert (await _export(till, await _open(till))).status == 200
    assert oct((tmp_path / "reports").stat().st_mode & 0o777) == "0o750"
