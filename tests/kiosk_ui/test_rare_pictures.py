"""How what is seldom seen looks, in every look and size; after a change: --snapshot-update.

The large look must be whole; it is not kept.
"""

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from kiosk_ui.app import KioskApp
from kiosk_ui.looks import Look
from kiosk_ui.screens.waiting_turn import WaitingTurnScreen
from tests.support.ui_judges import is_plain, is_readable, is_whole
from tests.support.ui_pictures import SIZES, signer_of_pictures
from tests.support.ui_rare_pictures import NAMES, take_rare_pictures
from tests.support.ui_snapshots import Svg


def judge(app: KioskApp) -> None:
    # One that takes no key shows none; that it is whole its own test says.
    if not isinstance(app.screen, WaitingTurnScreen):
        is_whole(app)
    match app.look:
        case Look.HIGH_CONTRAST:
            is_readable(app)
        case Look.PLAIN:
            is_plain(app)
        case Look.STANDARD | Look.LARGE:
            pass


@pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))
async def test_what_is_seldom_seen_looks_as_it_did(
    tmp_path: Path, size: tuple[int, int], snapshot: SnapshotAssertion
) -> None:
    shown = (Look.STANDARD, "en_GB")
    pictures = await take_rare_pictures(tmp_path, size, signer_of_pictures(), judge, shown)
    assert tuple(pictures) == NAMES
    for name, svg in pictures.items():
        assert svg == snapshot(name=name, extension_class=Svg)


@pytest.mark.parametrize("look", [Look.HIGH_CONTRAST, Look.LARGE, Look.PLAIN])
async def test_what_is_seldom_seen_looks_as_it_did_in_every_look(
    tmp_path: Path, look: Look, snapshot: SnapshotAssertion
) -> None:
    shown = (look, "en_GB")
    pictures = await take_rare_pictures(tmp_path, SIZES[0], signer_of_pictures(), judge, shown)
    for name, svg in pictures.items():
        if look is not Look.LARGE:
            assert svg == snapshot(name=name, extension_class=Svg)
