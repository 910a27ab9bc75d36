"""Every screen in other languages: nothing stays English, nothing is cut that is not in English."""

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from kiosk_texts import PSEUDO
from kiosk_ui.app import KioskApp
from kiosk_ui.looks import Look
from tests.support.ui_agent import UiAgent
from tests.support.ui_all_pictures import all_pictures
from tests.support.ui_judges import is_whole
from tests.support.ui_languages import cut_texts, plain_texts
from tests.support.ui_pictures import SHOWN_IN_GERMAN, SIZES
from tests.support.ui_snapshots import Svg, without_id
from tests.support.ui_till import kiosk_app, open_till

# All screens in one test take a minute on a quiet machine.
pytestmark = pytest.mark.timeout(600)

GERMAN = "de_DE"
SCREENSHOTS = Path(__file__).parents[2] / "docs" / "screenshots" / "german"


@pytest.mark.parametrize("look", [Look.STANDARD, Look.PLAIN])
async def test_every_text_of_every_screen_is_translated(
    tmp_path: Path, look: Look, snapshot: SnapshotAssertion
) -> None:
    found: set[str] = set()

    def judge(app: KioskApp) -> None:
        found.update(plain_texts(app))

    pictures = await all_pictures(tmp_path, SIZES[1], look, judge, locale=PSEUDO)
    assert not found, "\n".join(sorted(found))
    if look is Look.STANDARD:
        assert pictures["sell"] == snapshot(name="pseudo-sell", extension_class=Svg)


async def test_german_screens_are_whole_and_cut_no_more_than_english_ones(
    tmp_path: Path, snapshot: SnapshotAssertion
) -> None:
    def judge(app: KioskApp) -> None:
        is_whole(app)
        # English ones cut nothing, as test_pictures.py shows.
        assert not cut_texts(app)

    pictures = await all_pictures(tmp_path, SIZES[0], judge=judge, locale=GERMAN)
    for name in SHOWN_IN_GERMAN:
        assert pictures[name] == snapshot(name=name, extension_class=Svg)
        kept = (SCREENSHOTS / f"{name}.svg").read_text()
        assert without_id(pictures[name]) == without_id(kept), "`make screenshots` writes it"


async def test_german_amounts_are_typed_with_a_comma_or_a_point(agent: UiAgent) -> None:
    async with open_till(agent, app=kiosk_app(agent.socket_path, locale=GERMAN)) as till:
        await till.says("Wer ist an diesem Kiosk?")
        await till.sign_in(opening_float="100,50")
        assert till.headline == "✔ #1 Schichtstart online erfasst"
        await till.press("f2", "2", "enter", *"40,50")
        await till.says("Rückgeld: 15,50\xa0€")
        await till.press(*["backspace"] * 5, *"40.50")
        await till.says("Rückgeld: 15,50\xa0€")
        await till.press(*["backspace"] * 5, *"1.250")
        await till.says("tippen Sie ihn wie 12,50.")


async def test_a_locale_without_a_catalogue_sells_in_english_with_its_own_form(
    agent: UiAgent,
) -> None:
    async with open_till(agent, app=kiosk_app(agent.socket_path, locale="fr_FR")) as till:
        await till.says("Who is at this kiosk?")
        await till.sign_in()
        await till.press("f2", "2")
        await till.says("Total 25,00\xa0€")
        await till.press("enter", "enter")
        await till.says("Cash 25,00\xa0€, exact")
