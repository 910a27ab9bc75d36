"""The pre-show check: anybody looks, a manager keeps."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.adapters.check_folder import FOLDER_NAME, FileKeptChecks
from kiosk_contracts.pre_show import MOST_KEPT, PreShowCheck
from kiosk_contracts.problem import ProblemError
from tests.support.clock import FakeClock
from tests.support.ui_socket import till_in


def verdicts(body: dict[str, Any]) -> dict[str, str]:
    return {line["thing"]: line["verdict"] for line in body["lines"]}


async def test_it_says_what_the_kiosk_knows_and_a_scan_makes_the_scanner_good(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(9)
        await till.sign_in("gus")
        at = till.clock.now() - timedelta(minutes=7)
        for what in ("keys", "gate_feed"):
            await till.opened.journal.write(lambda writer, what=what: writer.note_synced(what, at))
        untried = await till.ask("GET", "/v1/pre-show")
        tried = await till.ask("GET", "/v1/pre-show?scanned=1")

    assert untried.status == 200
    assert untried.body["kept_by"] is None
    assert verdicts(untried.body)["scanner"] == "look"
    assert verdicts(tried.body)["scanner"] == "good"
    lines = tried.body["lines"]
    texts = {line["thing"]: line["text"] for line in lines}
    assert [line["text"] for line in lines if line["thing"] == "stock"] == [
        "Tide & Timber: 9 Adult, 0 Child; few left: Child.",
        "Quay Blues: 0 Adult, 0 Child: nothing to sell.",
    ]
    assert texts["keys"] == "1 known, read 7 min ago."
    assert "read 7 min ago" in texts["admissions"]


async def test_an_outage_and_what_waits_for_a_person_show(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.sign_in("ana")
        before = await till.ask("GET", "/v1/pre-show")
        till.line.up = False
        after = await till.ask("GET", "/v1/pre-show")

    assert (verdicts(before.body)["line"], verdicts(after.body)["line"]) == ("good", "look")


async def test_a_manager_keeps_it_and_it_is_there_after_a_restart(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.sign_in("ana")
        kept = await till.ask("POST", "/v1/pre-show", {"scanned": True, "approval_pin": "9999"})
        till.clock.advance(60)
        await till.sign_in("mia")
        second = await till.ask("POST", "/v1/pre-show", {})
        told = await till.ask("GET", "/v1/pre-show/kept")

    assert (kept.status, second.status, told.status) == (201, 201, 200)
    assert (kept.body["kept_by"], kept.body["kept_by_name"]) == ("mia", "Mia")
    assert verdicts(kept.body)["scanner"] == "good"
    assert verdicts(second.body)["scanner"] == "look"
    assert told.body["checks"] == [second.body, kept.body]
    again = FileKeptChecks(tmp_path).newest_first()
    assert [one.to_json() for one in again] == told.body["checks"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"scanned": True}, 403, "approval_needed"),
        ({"approval_pin": "1111"}, 401, "pin_wrong"),
        ({"scanned": "perhaps", "approval_pin": "9999"}, 422, "body_invalid"),
    ],
)
async def test_nothing_is_kept_without_a_manager(
    tmp_path: Path, body: dict[str, Any], status: int, code: str
) -> None:
    async with till_in(tmp_path) as till:
        await till.sign_in("ana")
        answer = await till.ask("POST", "/v1/pre-show", body)
        told = await till.ask("GET", "/v1/pre-show/kept")

    assert (answer.status, answer.code) == (status, code)
    assert told.body["checks"] == []
    assert not (tmp_path / FOLDER_NAME).exists()


async def test_nobody_looks_without_signing_in(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        answers = [
            await till.ask("GET", "/v1/pre-show"),
            await till.ask("POST", "/v1/pre-show", {"approval_pin": "9999"}),
            await till.ask("GET", "/v1/pre-show/kept"),
        ]

    assert [(one.status, one.code) for one in answers] == [(401, "not_signed_in")] * 3


def _check(clock: FakeClock) -> PreShowCheck:
    return PreShowCheck(at=clock.now(), kiosk_code="HB1", lines=(), kept_by="mia")


def test_the_oldest_goes_when_there_are_too_many(tmp_path: Path) -> None:
    store, clock = FileKeptChecks(tmp_path), FakeClock()
    for _ in range(MOST_KEPT + 2):
        store.put(_check(clock))
        clock.advance(1)

    kept = store.newest_first()

    assert len(kept) == MOST_KEPT
    assert kept[0].at == clock.now() - timedelta(seconds=1)
    assert kept[-1].at == clock.now() - timedelta(seconds=MOST_KEPT)


def test_a_file_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    store, clock = FileKeptChecks(tmp_path), FakeClock()
    store.put(_check(clock))
    (tmp_path / FOLDER_NAME / "20270101T000000.000000Z.json").write_bytes(b"\xff{")

    assert [one.at for one in store.newest_first()] == [clock.now()]


def test_a_folder_that_takes_no_file_is_said_so(tmp_path: Path) -> None:
    (tmp_path / FOLDER_NAME).write_text("in the way")

    with pytest.raises(ProblemError) as caught:
        FileKeptChecks(tmp_path).put(_check(FakeClock()))

    assert caught.value.code == "storage_full"
