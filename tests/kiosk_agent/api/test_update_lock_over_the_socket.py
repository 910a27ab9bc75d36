"""A manager sets the update lock and lifts it at the kiosk; a refusal changes nothing."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.ui_socket import Till, till_in

PATH = "/v1/update-lock"


@pytest.fixture
async def till(tmp_path: Path) -> AsyncIterator[Till]:
    """Return a kiosk where updates can be locked, with a cashier signed in."""
    async with till_in(tmp_path) as found:
        await found.sign_in("ana")
        yield found


def body(till: Till, *, pin: str | None = "9999", why: Any = "doors", **lasts: float) -> Any:
    until = (till.clock.now() + timedelta(**(lasts or {"hours": 2}))).isoformat()
    return {"until": until, "why": why} | ({"approval_pin": pin} if pin else {})


async def in_status(till: Till) -> Any:
    status = await till.desk.reports.status()
    return None if status.update_lock is None else status.update_lock.to_json()


async def test_a_manager_sets_it_and_lifts_it_and_the_status_tells(till: Till) -> None:
    answer = await till.ask("PUT", PATH, body(till))
    lock = {"until": "2026-11-23T21:00:00Z", "why": "doors", "by": "Mia", "by_id": "mia"}
    assert (answer.status, answer.body) == (200, {"update_lock": lock, "before": None})
    assert await in_status(till) == lock
    again = await till.ask("PUT", PATH, body(till, why="encore", hours=1))
    assert again.body["before"] == lock
    lifted = await till.ask("POST", f"{PATH}/lift", {"approval_pin": "9999"})
    assert lifted.body == {"update_lock": None, "before": again.body["update_lock"]}
    assert await in_status(till) is None


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"pin": None}, "approval_needed"),
        ({"pin": "2222"}, "pin_wrong"),
        ({"hours": 13}, "update_lock_too_long"),
        ({"hours": -1}, "update_lock_past"),
        # Nobody types a PIN, right or wrong, for what is refused anyway.
        ({"hours": 13, "pin": "0000"}, "update_lock_too_long"),
        ({"why": " "}, "body_invalid"),
        ({"why": "a\u0007b"}, "body_invalid"),
        ({"why": "x" * 201}, "body_invalid"),
        ({"why": 7}, "body_invalid"),
    ],
)
async def test_what_is_refused_changes_nothing(
    till: Till, wrong: dict[str, Any], code: str
) -> None:
    first = (await till.ask("PUT", PATH, body(till))).body["update_lock"]
    answer = await till.ask("PUT", PATH, body(till, **wrong))
    assert answer.code == code
    assert await in_status(till) == first


@pytest.mark.parametrize(
    "until", ["22:30", "2026-11-23T21:00:00", None, "0001-01-01T00:00:00+14:00"]
)
async def test_an_end_that_is_none_is_refused_by_its_field(till: Till, until: Any) -> None:
    answer = await till.ask("PUT", PATH, body(till) | {"until": until})
    assert (answer.status, answer.code, answer.body["field"]) == (422, "body_invalid", "until")
    assert await in_status(till) is None


async def test_where_people_practise_there_is_none(tmp_path: Path) -> None:
    async with till_in(tmp_path, training=True) as till:
        await till.sign_in("mia")
        answer = await till.ask("PUT", PATH, body(till, pin=None))
        assert (answer.status, answer.code) == (409, "training_not_here")
