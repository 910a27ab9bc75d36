"""A monkey at the kiosk for a short while; `make monkey` lets it be there for minutes.

MONKEY_SEED=n gives it another seed. That it can find something is shown with a bug of each kind.
"""

import asyncio
import os
from collections import Counter

import pytest

from kiosk_agent.domain.shift_figures import ShiftFigures
from kiosk_agent.services.screens import ScreenDesk
from kiosk_contracts.money import Money
from kiosk_contracts.selling import SaleRecorded
from kiosk_ui.agent_client import AgentClient
from kiosk_ui.notices import Notice
from kiosk_ui.quantity_entry import QuickEntry
from kiosk_ui.screens import payment
from kiosk_ui.words import recorded_notice
from tests.monkey.acts import SIGNED_IN, Act, Do, Happening, Press
from tests.monkey.episode import MonkeyFoundError, run_episode
from tests.monkey.running import run_monkey
from tests.support.tickets import euros

SEED = int(os.environ.get("MONKEY_SEED", "1"))
SALE = Do("two adults, cash")

pytestmark = pytest.mark.timeout(900)


def episode(*acts: Act) -> Counter[str]:
    done: Counter[str] = Counter()
    asyncio.run(run_episode(acts, done))
    return done


def test_a_monkey_finds_no_traceback_and_no_inconsistent_journal() -> None:
    done = run_monkey(SEED, count=5, shorten=False)
    assert done["episodes"] == 5
    assert done["keys"] > 150


def test_an_episode_in_which_much_goes_wrong_has_sales_and_is_consistent() -> None:
    done = episode(
        SIGNED_IN,
        SALE,
        Happening.LOST,
        SALE,
        Happening.GONE,
        Do("children by card"),
        Happening.BACK,
        Do("in two parts"),
        Happening.LOCK,
        Do("ana signs in"),
        Do("voids the newest"),
        Do("pays in"),
        Do("counts and closes"),
    )
    assert done["rows: sale"] >= 1
    assert (done["lost answers"], done["absences"]) == (1, 1)


def test_a_sale_outlives_its_screen_being_killed_and_another_one_taking_its_turn() -> None:
    done = episode(
        SIGNED_IN,
        SALE,
        Do("to payment and back"),
        Happening.KILLED,
        Press(("enter", "enter")),
        Happening.TAKEN,
        Do("ana signs in"),
        Do("voids the newest"),
        Happening.LOCK,
        Happening.KILLED,
        Happening.GONE,
        Happening.TAKEN,
        Happening.KILLED,
    )
    assert done["rows: sale"] >= 2
    assert (done["kills"], done["turns taken"]) == (3, 1)


def test_a_session_that_goes_on_behind_a_locked_screen_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ScreenDesk, "_note", lambda *_: None)
    monkeypatch.setattr(AgentClient, "sign_out", unanswered)
    with pytest.raises(MonkeyFoundError, match=r"nobody was signed in, and .* went on"):
        episode(SIGNED_IN, Happening.PAUSE, Happening.LOCK, Happening.PAUSE, Happening.KILLED)


async def unanswered(_: AgentClient) -> None:
    await asyncio.Event().wait()


def test_a_traceback_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    digit = QuickEntry.digit

    def broken(self: QuickEntry, key: object, typed: str, *, at: float, now: int) -> int:
        quantity = digit(self, key, typed, at=at, now=now)
        if quantity > 2:
            msg = "more than a couple"
            raise RuntimeError(msg)
        return quantity

    monkeypatch.setattr(QuickEntry, "digit", broken)
    with pytest.raises(RuntimeError, match="more than a couple"):
        run_monkey(SEED, count=40, shorten=False)


def test_a_sale_that_is_shown_and_not_recorded_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def made_up(recorded: SaleRecorded, *, training: bool) -> Notice:
        assert not training
        return recorded_notice(recorded.model_copy(update={"sequence": recorded.sequence + 40}))

    monkeypatch.setattr(payment, "recorded_notice", made_up)
    with pytest.raises(MonkeyFoundError, match="acknowledged, and not in the journal: #4"):
        episode(SIGNED_IN, SALE)


def test_a_drawer_that_is_a_cent_off_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = ShiftFigures.expected_cash

    def off(self: ShiftFigures) -> Money:
        return expected(self) + euros("0.01")

    monkeypatch.setattr(ShiftFigures, "expected_cash", off)
    with pytest.raises(MonkeyFoundError, match=r"the X report expects 125\.01 EUR"):
        episode(SIGNED_IN, SALE)
