"""How each screen looks, in every look and size. After a change: --snapshot-update, and look.

The large look is kept in the documentation alone; here it must be whole.
"""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_textual_snapshot import SVGImageExtension
from syrupy.assertion import SnapshotAssertion

from kiosk_ui.app import KioskApp
from kiosk_ui.looks import Look
from tests.support.ui_all_pictures import all_pictures
from tests.support.ui_judges import is_plain, is_readable, is_whole
from tests.support.ui_pictures import SHOWN_IN_LOOKS, SIZES, Judge
from tests.support.ui_refund_pictures import NAMES as AFTER_SALE

SCREENSHOTS = Path(__file__).parents[2] / "docs" / "screenshots"


class _Svg(SVGImageExtension):
    """Keeps pictures in `snapshots/test_pictures/`."""

    @classmethod
    def dirname(cls, *, test_location: Any) -> str:
        test = Path(test_location.filepath)
        return str(test.parent / "snapshots" / test.stem)


@pytest.fixture
def another_place(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run as if the kiosk stood elsewhere, with another terminal and language."""
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    monkeypatch.setenv("LC_ALL", "tr_TR.UTF-8")
    monkeypatch.setenv("TERM", "vt100")
    monkeypatch.setenv("COLORTERM", "")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def _without_id(svg: str) -> str:
    """Return a picture without the number that its classes have."""
    return re.sub(r"terminal-\d+-", "terminal-", svg)


def _judge_of(look: Look) -> Judge:
    """Return what is asked of each screen in a look, beside that nothing is cut."""

    def judge(app: KioskApp) -> None:
        is_whole(app)
        match look:
            case Look.HIGH_CONTRAST:
                is_readable(app)
            case Look.PLAIN:
                is_plain(app)
            case Look.STANDARD | Look.LARGE:
                pass

    return judge


@pytest.mark.usefixtures("another_place")
@pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))
async def test_screens_look_as_they_did(
    tmp_path: Path, size: tuple[int, int], snapshot: SnapshotAssertion
) -> None:
    pictures = await all_pictures(tmp_path, size, Look.STANDARD, _judge_of(Look.STANDARD))
    assert len(pictures) == 35 + len(AFTER_SALE)
    for name, svg in pictures.items():
        assert svg == snapshot(name=name, extension_class=_Svg)


@pytest.mark.usefixtures("another_place")
@pytest.mark.parametrize("look", [Look.HIGH_CONTRAST, Look.LARGE, Look.PLAIN])
async def test_screens_look_as_they_did_in_every_look(
    tmp_path: Path, look: Look, snapshot: SnapshotAssertion
) -> None:
    pictures = await all_pictures(tmp_path, SIZES[0], look, _judge_of(look))
    assert len(pictures) == 35 + len(AFTER_SALE)
    for name, svg in pictures.items():
        if look is not Look.LARGE:
            assert svg == snapshot(name=name, extension_class=_Svg)
    for name in SHOWN_IN_LOOKS:
        kept = (SCREENSHOTS / look.value / f"{name}.svg").read_text()
        assert _without_id(pictures[name]) == _without_id(kept), "`make screenshots` writes it"
