"""How the pad looks, in every look, size and language. After a change: --snapshot-update, and look.

The large look and German are kept in the documentation alone; here they must be whole.
"""

import re
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from kiosk_texts import PSEUDO
from kiosk_ui.app import KioskApp
from kiosk_ui.looks import Look
from tests.support.ui_judges import is_plain, is_readable, is_whole
from tests.support.ui_languages import plain_texts
from tests.support.ui_pad_pictures import NAMES, take_pad_pictures
from tests.support.ui_pictures import SIZES, signer_of_pictures
from tests.support.ui_snapshots import Svg, without_id

SCREENSHOTS = Path(__file__).parents[2] / "docs" / "screenshots"
TYPED = {"pre", "Eve"}
"""What is typed here; the letters of the pad are no words."""


def judge(app: KioskApp) -> None:
    is_whole(app)
    match app.look:
        case Look.HIGH_CONTRAST:
            is_readable(app)
        case Look.PLAIN:
            is_plain(app)
        case Look.STANDARD | Look.LARGE:
            pass


@pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))
async def test_the_pad_looks_as_it_did(
    tmp_path: Path, size: tuple[int, int], snapshot: SnapshotAssertion
) -> None:
    shown = (Look.STANDARD, "en_GB")
    pictures = await take_pad_pictures(tmp_path, size, signer_of_pictures(), judge, shown)
    assert tuple(pictures) == NAMES
    for name, svg in pictures.items():
        assert svg == snapshot(name=name, extension_class=Svg)
        if size == SIZES[0]:
            kept = (SCREENSHOTS / f"{name}.svg").read_text()
            assert without_id(svg) == without_id(kept), "`make screenshots` writes it"


@pytest.mark.parametrize("look", [Look.HIGH_CONTRAST, Look.LARGE, Look.PLAIN])
async def test_the_pad_looks_as_it_did_in_every_look(
    tmp_path: Path, look: Look, snapshot: SnapshotAssertion
) -> None:
    shown = (look, "en_GB")
    pictures = await take_pad_pictures(tmp_path, SIZES[0], signer_of_pictures(), judge, shown)
    for name, svg in pictures.items():
        if look is not Look.LARGE:
            assert svg == snapshot(name=name, extension_class=Svg)


async def test_in_german_it_is_whole(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    shown = (Look.STANDARD, "de_DE")
    pictures = await take_pad_pictures(tmp_path, SIZES[0], signer_of_pictures(), judge, shown)
    assert pictures["letters-pad"] == snapshot(name="german-letters-pad", extension_class=Svg)


@pytest.mark.parametrize("look", [Look.STANDARD, Look.PLAIN])
async def test_its_words_are_translated(tmp_path: Path, look: Look) -> None:
    found: set[str] = set()

    def read(app: KioskApp) -> None:
        found.update(plain_texts(app))

    shown = (look, PSEUDO)
    await take_pad_pictures(tmp_path, SIZES[1], signer_of_pictures(), read, shown)
    words = {word for text in found for word in re.findall(r"[A-Za-z]{2,}", text)}
    assert not words - TYPED
