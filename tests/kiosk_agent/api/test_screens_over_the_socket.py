"""Two kiosk UIs at one agent: one of them asks, and the other one waits for its turn."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.domain.screens import ACTED_MS, CLAIM_MS, FORGET_MS, LEASE_MS
from kiosk_agent.services.screens import CONSOLE_MS, GOES_ON_MS
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.screens import SCREEN_HEADER, ConsoleKind, ScreensSeen
from kiosk_contracts.version import STAFF_TOKEN_HEADER
from tests.support.ui_socket import PINS, Answer, Till, till_in

OLD, NEW = "standby-1", "0123456789ab"
NOBODY = {"staff_token": "", "gate_event": "", "gate_out": False, "console": ""}


@pytest.fixture
async def till(tmp_path: Path) -> AsyncIterator[Till]:
    async with till_in(tmp_path) as opened:
        passes(opened, CLAIM_MS)
        yield opened


def passes(till: Till, ms: int) -> None:
    till.clock.advance(ms / 1000)


async def report(till: Till, screen: str, **said: Any) -> Answer:
    return await till.ask("PUT", f"/v1/screens/{screen}", {"busy": False, **said})


async def ask(till: Till, screen: str, method: str = "GET", path: str = "/v1/catalogue") -> Answer:
    return await till.ask(method, path, headers={SCREEN_HEADER: screen})


def seen(till: Till) -> ScreensSeen:
    assert till.desk.kiosk.screens is not None
    return till.desk.kiosk.screens.seen()


async def test_one_screen_asks_and_the_other_is_told_who_does(till: Till) -> None:
    await till.sign_in("ana")
    assert (await report(till, OLD)).body == {**NOBODY, "holds": True, "holder": OLD}
    assert (await report(till, NEW)).body == {**NOBODY, "holds": False, "holder": OLD}
    assert (await till.ask("GET", "/v1/status")).body["screen"] == OLD
    assert (await ask(till, OLD)).status == 200
    refused = await ask(till, NEW)
    assert (refused.status, refused.code) == (409, "screen_elsewhere")
    sale = await ask(till, NEW, "POST", "/v1/sales")
    assert (sale.status, sale.code) == (409, "screen_elsewhere")
    # One that takes no turns may look, but change nothing while others do.
    assert (await till.ask("GET", "/v1/catalogue")).status == 200
    assert (await till.ask("POST", "/v1/sign-in", {"pin": "0"})).code == "screen_elsewhere"
    passes(till, LEASE_MS)
    assert (await till.ask("POST", "/v1/sign-in", {"pin": "0"})).code != "screen_elsewhere"


async def test_after_the_agents_start_nobody_asks_before_it_was_heard_who_had_it(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as till:
        assert (await report(till, NEW)).body["holder"] == ""
        waits = await ask(till, NEW, "POST", "/v1/sign-in")
        assert (waits.status, waits.code) == (503, "agent_starting")
        assert waits.body["retryable"] is True
        assert (await report(till, OLD, holds=True)).body["holds"] is True
        assert (await ask(till, NEW)).code == "screen_elsewhere"


async def test_one_that_ends_hands_over_at_once_and_may_say_so_twice(till: Till) -> None:
    await report(till, OLD)
    await report(till, NEW)
    assert (await till.ask("DELETE", f"/v1/screens/{OLD}")).status == 204
    assert (await till.ask("DELETE", f"/v1/screens/{OLD}")).status == 204
    assert seen(till).holder == NEW
    assert (await ask(till, NEW, path="/v1/session")).code == "not_signed_in"
    assert (await ask(till, OLD, path="/v1/session")).code == "screen_elsewhere"


async def test_one_that_hangs_is_replaced_by_the_next_that_reports(till: Till) -> None:
    await report(till, OLD)
    await report(till, NEW)
    passes(till, LEASE_MS)
    assert (await report(till, NEW)).body["holds"] is True
    assert (await report(till, OLD, holds=True)).body == {
        "holds": False,
        "holder": NEW,
        **NOBODY,
    }


async def test_one_that_ended_in_a_sale_is_gone_after_a_minute_though_no_other_came(
    till: Till,
) -> None:
    await report(till, OLD, busy=True, why="a sale")
    passes(till, FORGET_MS - 1)
    assert [one.busy for one in seen(till).screens] == [True]
    passes(till, 1)
    assert seen(till).screens == ()


async def test_the_supervisor_moves_it_when_nobody_is_busy(till: Till) -> None:
    await report(till, OLD, busy=True, why="a sale")
    await report(till, NEW)
    screens = till.desk.kiosk.screens
    assert screens is not None
    with pytest.raises(ProblemError, match="middle of something") as refused:
        screens.give(NEW, force=False)
    assert (refused.value.problem.code, refused.value.problem.detail) == ("screen_busy", "a sale")
    assert screens.holder == OLD
    await report(till, OLD, holds=True)
    assert screens.give(NEW, force=False).holder == NEW
    assert (await report(till, OLD, holds=True)).body == {
        "holds": False,
        "holder": NEW,
        **NOBODY,
    }
    with pytest.raises(ProblemError) as unknown:
        screens.give("nobody", force=True)
    assert unknown.value.problem.code == "screen_unknown"


async def test_who_asked_for_a_change_just_now_is_busy(till: Till) -> None:
    await till.sign_in("ana")
    await report(till, OLD)
    await report(till, NEW)
    passes(till, 10)
    await ask(till, OLD)
    assert [one.busy for one in seen(till).screens] == [False, False]
    await ask(till, OLD, "POST", "/v1/sign-out")
    found = {one.screen_id: one for one in seen(till).screens}
    assert (found[OLD].busy, found[OLD].acted_ms_ago, found[OLD].reported_ms_ago) == (True, 0, 10)
    passes(till, ACTED_MS)
    assert [one.busy for one in seen(till).screens] == [False, False]


@pytest.mark.parametrize("name", ["a b", "x" * 65, "-x", "%00"])
async def test_a_name_that_is_none_is_refused_and_changes_nothing(till: Till, name: str) -> None:
    refused = await report(till, name)
    assert (refused.status, refused.code) == (422, "body_invalid")
    assert seen(till).screens == ()


async def test_a_report_that_is_none_is_refused_and_changes_nothing(till: Till) -> None:
    for said in ({"busy": "perhaps"}, {"why": "x" * 201}, {"lag_ms": -1}):
        refused = await report(till, OLD, **said)
        assert (refused.status, refused.code) == (422, "body_invalid")
    assert seen(till).screens == ()


@pytest.mark.parametrize(
    ("why", "kept"),
    [
        ("ein Verkauf in Köln, 3 €", "ein Verkauf in Köln, 3 €"),
        ("\x1b]0;mine\x07\x1b[2Ja sale", " ]0;mine  [2Ja sale"),
        ("a sale\r\nOK\u202e\x9b2J", "a sale  OK  2J"),
    ],
)
async def test_of_what_a_screen_says_nothing_moves_a_terminal(
    till: Till, why: str, kept: str
) -> None:
    assert (await report(till, OLD, busy=True, why=why)).status == 200
    assert [one.why for one in seen(till).screens] == [kept]


async def test_whoever_is_signed_in_goes_on_at_the_next_screen(till: Till) -> None:
    await till.sign_in("ana")
    await report(till, OLD)
    await report(till, NEW)
    assert (await ask(till, OLD, path="/v1/session")).status == 200
    await till.ask("DELETE", f"/v1/screens/{OLD}")
    assert (await report(till, NEW)).body["staff_token"] == till.token
    # It has it now, and says so.
    assert (await report(till, NEW, holds=True)).body["staff_token"] == ""
    assert (await ask(till, NEW, path="/v1/session")).body["staff_id"] == "ana"
    # The one before comes back; it was not there.
    assert (await report(till, OLD)).body["staff_token"] == ""


async def test_nobody_goes_on_who_has_signed_out(till: Till) -> None:
    await till.sign_in("ana")
    await report(till, OLD)
    await report(till, NEW)
    await ask(till, OLD, "POST", "/v1/sign-out")
    await till.ask("DELETE", f"/v1/screens/{OLD}")
    token = (await report(till, NEW)).body["staff_token"]
    refused = await till.ask("GET", "/v1/session", headers={STAFF_TOKEN_HEADER: token})
    assert refused.code == "not_signed_in"


async def test_nobody_goes_on_at_a_screen_that_comes_much_later(till: Till) -> None:
    await till.sign_in("ana")
    await report(till, OLD)
    await ask(till, OLD)
    passes(till, GOES_ON_MS - 1)
    assert (await report(till, NEW)).body["staff_token"] == till.token
    passes(till, 1)
    assert (await report(till, NEW)).body["staff_token"] == ""


async def test_nobody_goes_on_once_their_screen_has_locked_though_it_never_said_so(
    till: Till,
) -> None:
    await till.sign_in("ana")
    await report(till, OLD)
    await report(till, OLD, holds=True, locks_in_ms=20_000)
    await ask(till, OLD)
    passes(till, 19_999)
    assert (await report(till, NEW)).body["staff_token"] == till.token
    passes(till, 1)
    assert (await report(till, NEW)).body["staff_token"] == ""


async def test_nobody_goes_on_from_a_screen_that_says_it_is_locked(till: Till) -> None:
    await till.sign_in("ana")
    await report(till, OLD)
    await report(till, OLD, holds=True, locks_in_ms=300_000)
    await report(till, OLD, holds=True, locks_in_ms=0)
    # An answer that was still asked for before.
    await ask(till, OLD)
    await report(till, NEW)
    await till.ask("DELETE", f"/v1/screens/{OLD}")
    assert (await report(till, NEW)).body["staff_token"] == ""


async def test_who_was_to_be_signed_out_goes_on_nowhere_though_a_full_disk_kept_them(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    await till.sign_in("ana")
    locked = till.token
    await report(till, OLD)
    monkeypatch.setattr(till.desk.staff, "sign_out", storage_full)
    assert (await ask(till, OLD, "POST", "/v1/sign-out")).status == 507
    await report(till, NEW)
    monkeypatch.undo()
    till.token = None
    signed_in = await till.ask(
        "POST", "/v1/sign-in", {"pin": PINS["mia"]}, headers={SCREEN_HEADER: OLD}
    )
    till.token = signed_in.body["staff_token"]
    await report(till, OLD, holds=True, locks_in_ms=300_000)
    await ask(till, OLD)
    # The one that was locked is asked about again, and refused again.
    monkeypatch.setattr(till.desk.staff, "sign_out", storage_full)
    mia, till.token = till.token, locked
    assert (await ask(till, OLD, "POST", "/v1/sign-out")).status == 507
    passes(till, LEASE_MS)
    assert (await report(till, NEW)).body["staff_token"] == mia


async def storage_full(_token: str) -> None:
    raise ProblemError(507, ProblemCode.STORAGE_FULL, "The disk is full")


async def test_the_event_that_a_gate_lets_in_goes_with_the_lease(till: Till) -> None:
    await report(till, OLD)
    await report(till, OLD, holds=True, gate_event="tide")
    waiting = await report(till, NEW, gate_event="storm")
    assert waiting.body["gate_event"] == "", "what a screen without the lease says counts nothing"
    passes(till, LEASE_MS)
    taken = await report(till, NEW)
    assert (taken.body["holds"], taken.body["gate_event"]) == (True, "tide")
    # Its first word, from before it heard that: the event is not forgotten for that.
    again = await report(till, NEW, holds=True)
    assert again.body["gate_event"] == ""
    passes(till, LEASE_MS)
    assert (await report(till, OLD)).body["gate_event"] == "tide"


async def test_with_the_lease_goes_the_event_that_was_chosen_last(till: Till) -> None:
    await report(till, OLD)
    for event in ("tide", "storm"):
        await report(till, OLD, holds=True, gate_event=event)
    await report(till, NEW)
    await till.ask("DELETE", f"/v1/screens/{OLD}")
    assert (await report(till, NEW)).body["gate_event"] == "storm"


async def test_each_screen_is_told_what_the_console_is_until_that_is_silent(till: Till) -> None:
    screens = till.desk.kiosk.screens
    assert screens is not None
    screens.shown_on(ConsoleKind.BARE)
    assert (await report(till, OLD)).body["console"] == "bare"
    screens.shown_on(ConsoleKind.DISPLAY)
    assert (await report(till, NEW)).body["console"] == "display"
    passes(till, CONSOLE_MS)
    assert (await report(till, OLD)).body["console"] == ""


async def test_with_the_lease_goes_the_way_of_the_gate(till: Till) -> None:
    await report(till, OLD)
    await report(till, OLD, holds=True, gate_event="tide", gate_out=True)
    assert (await report(till, NEW, gate_out=False)).body["gate_out"] is False
    passes(till, LEASE_MS)
    assert (await report(till, NEW)).body["gate_out"] is True
    # Whoever turns it round there, has turned it.
    await report(till, NEW, holds=True, gate_event="tide", gate_out=False)
    passes(till, LEASE_MS)
    assert (await report(till, OLD)).body["gate_out"] is False
