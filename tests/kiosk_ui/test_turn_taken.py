"""What a screen does when its turn comes, goes, or is to end: nothing of before is in the way."""

import asyncio
from dataclasses import replace
from math import inf
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kiosk_contracts.screens import ScreenAnswer
from kiosk_contracts.staff import StaffRole
from kiosk_contracts.ui_task import STOP_S
from kiosk_ui.gate import Direction
from kiosk_ui.idle import Idle
from kiosk_ui.key_sorting import now
from kiosk_ui.places import Place
from kiosk_ui.screens.waiting_turn import WaitingTurnScreen
from kiosk_ui.session import Session
from kiosk_ui.settings import UiSettings
from kiosk_ui.turns import Floor, Turns
from tests.support.ui_agent import UiAgent
from tests.support.ui_till import Till

SETTINGS = UiSettings(Path("/run/none.sock"))


class Stage:
    """The parts of a kiosk that a turn touches, and what was done to them."""

    def __init__(self, settings: UiSettings = SETTINGS) -> None:
        self.done: list[str] = []
        self.place = Place.SELL
        self.notice: Any = None
        self.idle = Idle(300)
        self.staff: Any = "ana"
        self.cart = False
        session = Session("North", staff=self.staff)
        client = SimpleNamespace(staff_token="old", session=None)
        self.desk = SimpleNamespace(
            session=session,
            client=client,
            link=SimpleNamespace(status=None),
            asking=SimpleNamespace(pending=0, all_answered=self.answered),
            announcer=self,
        )
        selling = SimpleNamespace(is_empty=True, paying=False, forget=self.did("forget"))
        self.gate: Any = SimpleNamespace(begin_anew=self.did("gate"), direction=Direction.IN)
        floor = Floor(
            app=SimpleNamespace(  # type: ignore[arg-type]
                screen=WaitingTurnScreen(), run_worker=self.run, shown_on=self.did("shown on")
            ),
            desk=self.desk,  # type: ignore[arg-type]
            selling=selling,  # type: ignore[arg-type]
            idle=self.idle,
            gate=self.gate,  # type: ignore[arg-type]
            feed=SimpleNamespace(touched=self.did("feed")),  # type: ignore[arg-type]
            taking_up=SimpleNamespace(begin_anew=self.did("taking up")),  # type: ignore[arg-type]
            place=lambda: self.place,
            go=self.go,
        )
        self.selling = selling
        self.turns = Turns(floor, settings)

    def did(self, what: str) -> Any:
        return lambda: self.done.append(what)

    def announce(self, notice: Any) -> None:
        self.notice = notice

    async def answered(self) -> None:
        pass

    async def go(self, place: Place) -> None:
        self.place = place

    def run(self, work: Any, **_: Any) -> None:
        work.close()


@pytest.fixture
def stage() -> Stage:
    return Stage()


async def test_nobody_has_been_idle_before_their_turn_and_scans_come_here_from_then(
    stage: Stage,
) -> None:
    stage.desk.session.staff = None
    stage.idle.begin(now() - 1000)
    assert stage.idle.is_over(now())
    await stage.turns._go_on("")
    assert not stage.idle.is_over(now())
    assert stage.done == ["feed", "taking up"]
    assert stage.place is Place.SIGN_IN


async def test_a_gate_that_let_out_lets_out_at_the_next_screen_with_who_goes_on(
    stage: Stage,
) -> None:
    stage.desk.session.staff = SimpleNamespace(role=StaffRole.GATE)
    await stage.turns._go_on("", gate_out=False)
    assert stage.gate.direction is Direction.IN
    assert stage.notice is None
    await stage.turns._go_on("", gate_out=True)
    assert stage.gate.direction is Direction.OUT
    assert (stage.place, stage.notice.headline) == (Place.EVENTS, "▲ This gate lets OUT, as before")
    assert stage.turns._turn._events.gate_out(), "and is told on"


async def test_a_gate_that_let_out_lets_in_whoever_signs_in_anew(stage: Stage) -> None:
    stage.desk.session.staff = None
    await stage.turns._go_on("", gate_out=True)
    assert stage.gate.direction is Direction.IN
    assert stage.notice is None


def test_who_loses_their_turn_leaves_no_cart_no_token_and_no_gate_that_lets_out(
    stage: Stage,
) -> None:
    stage.turns._lost()
    assert stage.done == ["forget", "gate"]
    assert (stage.desk.session.staff, stage.desk.client.staff_token) == (None, None)


async def test_told_to_end_an_empty_cart_is_left_so_that_no_sale_begins(stage: Stage) -> None:
    # Touched until further notice: however slow the machine is, it is busy when it is looked at.
    stage.idle.touch(now() + 3600)
    ending = asyncio.create_task(stage.turns.finish(hurry=False))
    async with asyncio.timeout(60):
        while stage.place is not Place.EVENTS:  # noqa: ASYNC110  whatever else is slow
            await asyncio.sleep(0.01)
    assert stage.notice.text == "finish this: then this screen begins anew"
    stage.idle._touched_at = -1000
    await ending
    assert stage.turns.ending


async def test_in_a_hurry_it_ends_in_the_middle_of_a_cart(stage: Stage) -> None:
    stage.selling.is_empty = False
    await stage.turns.finish(hurry=True)
    assert stage.notice is None
    assert stage.place is Place.SELL


async def test_a_sale_that_is_not_finished_in_time_stays_with_the_agent() -> None:
    stage = Stage(replace(SETTINGS, finish_s=1))
    stage.selling.is_empty = False
    told_at = asyncio.get_running_loop().time()
    await stage.turns.finish(hurry=False)
    assert asyncio.get_running_loop().time() - told_at >= 1, "it has its time"
    assert stage.notice.text == "finish this sale: then this screen begins anew"
    assert stage.done == [], "nothing of the sale is forgotten"
    assert (stage.place, stage.turns.ending) == (Place.SELL, True)


def test_a_sale_has_ten_seconds_less_than_ecs_gives_the_container() -> None:
    assert SETTINGS.finish_s == STOP_S - 10


@pytest.mark.parametrize(
    ("lock_after_s", "staff", "untouched_s", "told_s"),
    [(300, "ana", 100, 200), (300, "ana", 400, 0), (300, None, 100, 0), (0, "ana", 400, inf)],
)
def test_it_tells_in_how_long_it_locks_and_where_nobody_is_signed_in(
    stage: Stage, lock_after_s: int, staff: str | None, untouched_s: float, told_s: float
) -> None:
    stage.desk.session.staff, stage.idle.after_s = staff, lock_after_s
    stage.idle.touch(now() - untouched_s)
    told = stage.turns._turn._events.locks_in_s()
    assert told == told_s or told_s - 5 < told <= told_s


def test_the_gate_goes_on_with_the_event_of_the_screen_before_whatever_was_chosen_here(
    stage: Stage,
) -> None:
    session = stage.desk.session
    session.gate_event = SimpleNamespace(event_id="here")
    stage.turns._taken(ScreenAnswer(holds=True, holder="a"))
    assert session.gate_event_id() == "here", "the screen before had none"
    stage.turns._taken(ScreenAnswer(holds=True, holder="a", gate_event="night-tide"))
    assert (session.gate_event, session.gate_event_id()) == (None, "night-tide")


async def test_the_event_handed_on_is_chosen_on_events_and_judges(till: Till) -> None:
    till.app.kiosk.desk.session.hand_gate_event("night-tide")
    await till.sign_in()
    await till.until(lambda: chosen(till) == "night-tide", "the second event")
    await till.press("f3")
    await till.says("letting in: Night Tide")


async def test_an_event_that_is_not_here_lets_nobody_in_before_a_person_has_chosen(
    till: Till, agent: UiAgent
) -> None:
    till.app.kiosk.desk.session.hand_gate_event("of-yesterday")
    await till.sign_in()
    await till.says("choose the event that this gate lets in, then F3")
    await till.press("down", "up")
    till.scan(code_of(agent))
    await till.says("There is no event to admit to")
    assert "POST /v1/admissions" not in agent.requests
    await till.press("f3")
    await till.says("letting in: ")
    till.scan(code_of(agent))
    await till.until(lambda: "POST /v1/admissions" in agent.requests)


def chosen(till: Till) -> str:
    event = till.app.kiosk.desk.session.gate_event
    return event.event_id if event is not None else ""


def code_of(agent: UiAgent) -> str:
    """Return the code of a ticket of the first event."""
    return str(next(iter(agent.books.stock.values()))[0]["code"])
