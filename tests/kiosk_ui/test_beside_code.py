"""What stands beside a QR code can be read whole, by keys alone, in a window too small for it."""

from kiosk_ui.places import Place
from tests.support.ui_shrink import SMALL
from tests.support.ui_till import Till


async def test_words_that_do_not_fit_come_with_page_down_and_go_with_page_up(till: Till) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("1", "enter")
    await till.at(Place.PAYMENT)
    await till.press("enter")
    await till.at(Place.TICKET)
    await till.pilot.resize_terminal(*SMALL)
    await till.says("Ticket 1 of 1")
    assert "Make the window 80x24" not in till.text
    while "Make the window 80x24" not in till.text:
        before = till.text
        await till.press("pagedown")
        await till.pilot.pause()
        assert till.text != before, "there is no more, and it has not come"
    assert "Ticket 1 of 1" not in till.text
    while "Ticket 1 of 1" not in till.text:
        before = till.text
        await till.press("pageup")
        await till.pilot.pause()
        assert till.text != before, "there is no more, and it has not come"
