"""The Enter that completes a sale, seen twice: it begins nothing."""

from kiosk_ui.bounce import BOUNCE_S, KeyTimes
from kiosk_ui.places import Place
from tests.support.ui_agent import UiAgent
from tests.support.ui_till import Till, key_event, of_kind


async def _sold(till: Till) -> float:
    """Sell one ticket; return when its Enter was pressed."""
    await till.sign_in()
    await till.open_sale()
    await till.press("1", "enter")
    await till.at(Place.PAYMENT)
    enter = key_event("enter")
    till.app.post_message(enter)
    await till.at(Place.TICKET)
    return enter.time


async def _enter(till: Till, at: float) -> None:
    event = key_event("enter")
    event.time = at
    till.app.post_message(event)
    await till.pilot.pause()
    await till.all_typed()


async def test_enters_that_bounce_leave_the_tickets_where_they_are(
    till: Till, agent: UiAgent
) -> None:
    at = await _sold(till)
    for number in range(1, 5):
        # Held down: each so soon after the one before.
        await _enter(till, at + 0.3 * number)
    assert till.app.kiosk.place is Place.TICKET
    assert len(list(of_kind(agent, "sale"))) == 1
    await _enter(till, at + 1.2 + BOUNCE_S + 0.01)
    await till.at(Place.EVENTS)


async def test_an_enter_after_another_key_is_meant(till: Till) -> None:
    at = await _sold(till)
    await till.press("left")
    await _enter(till, at + 0.2)
    await till.at(Place.EVENTS)


async def test_a_click_is_no_bounce(till: Till) -> None:
    await _sold(till)
    await till.click("next")
    await till.at(Place.EVENTS)


async def test_tickets_are_paged_as_fast_as_one_likes_once_it_is_meant(till: Till) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("3", "enter")
    await till.at(Place.PAYMENT)
    await till.press("enter")
    await till.at(Place.TICKET)
    await till.press("right", "left", "enter", "enter")
    await till.says("Ticket 3 of 3")


def test_only_the_same_key_twice_within_a_moment_bounces() -> None:
    keys = KeyTimes()
    seen = []
    for key, at in [("enter", 1.0), ("enter", 1.4), ("right", 1.5), ("enter", 1.6), ("enter", 2.2)]:
        keys.delivered(key, at)
        seen.append(keys.bounced)
    assert seen == [False, True, False, False, False]
    keys.touched()
    keys.delivered("enter", 2.3)
    assert not keys.bounced
