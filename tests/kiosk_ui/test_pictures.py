"""How each screen looks, in every look and size. After a change: --snapshot-update, and look.

The large look is kept in the documentation alone; here it must be whole.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from kiosk_ui.app import KioskApp
from kiosk_ui.looks import Look
from tests.support.ui_all_pictures import UNDOCUMENTED, all_pictures
from tests.support.ui_judges import is_plain, is_readable, is_whole
from tests.support.ui_languages import cut_texts
from tests.support.ui_pad_pictures import NAMES as PADS
from tests.support.ui_pictures import SHOWN_IN_LOOKS, SIZES, Judge
from tests.support.ui_screens import every_screen
from tests.support.ui_snapshots import Svg, without_id

# All screens in one test take a minute on a quiet machine.
pytestmark = pytest.mark.timeout(600)

SCREENSHOTS = Path(__file__).parents[2] / "docs" / "screenshots"
FAR_ZONE = "Pacific/Auckland"


@pytest.fixture
def another_place(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[None]:
    """Run as if the kiosk stood elsewhere, with another terminal and language.

    Its parameter is the host's zone, in which the agent tells times of its own.
    """
    monkeypatch.setenv("TZ", getattr(request, "param", FAR_ZONE))
    monkeypatch.setenv("LC_ALL", "tr_TR.UTF-8")
    monkeypatch.setenv("TERM", "vt100")
    monkeypatch.setenv("COLORTERM", "")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


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
@pytest.mark.parametrize(
    ("size", "another_place"),
    # The documentation's screenshots are taken in UTC.
    [pytest.param(SIZES[0], "UTC", id="80x24"), pytest.param(SIZES[1], FAR_ZONE, id="120x40")],
    indirect=["another_place"],
)
async def test_screens_look_as_they_did(
    tmp_path: Path, size: tuple[int, int], snapshot: SnapshotAssertion
) -> None:
    is_right = _judge_of(Look.STANDARD)

    def judge(app: KioskApp) -> None:
        is_right(app)
        assert not cut_texts(app)

    pictures = await all_pictures(tmp_path, size, Look.STANDARD, judge)
    assert {picture.shows for picture in pictures.values()} == every_screen()
    for name, svg in pictures.items():
        assert svg == snapshot(name=name, extension_class=Svg)
    # The documentation shows the small size.
    if size == SIZES[0]:
        kept = {path.stem: path.read_text() for path in SCREENSHOTS.glob("*.svg")}
        documented = pictures.keys() - set(UNDOCUMENTED)
        assert kept.keys() == {*documented, *PADS}, "`make screenshots` writes them"
        for name in documented:
            same = without_id(pictures[name]) == without_id(kept[name])
            assert same, f"{name}: `make screenshots` writes it"


@pytest.mark.usefixtures("another_place")
@pytest.mark.parametrize("look", [Look.HIGH_CONTRAST, Look.LARGE, Look.PLAIN])
async def test_screens_look_as_they_did_in_every_look(
    tmp_path: Path, look: Look, snapshot: SnapshotAssertion
) -> None:
    pictures = await all_pictures(tmp_path, SIZES[0], look, _judge_of(look))
    assert {picture.shows for picture in pictures.values()} == every_screen()
    for name, svg in pictures.items():
        if look is not Look.LARGE:
            assert svg == snapshot(name=name, extension_class=Svg)
    for name in SHOWN_IN_LOOKS:
        kept = (SCREENSHOTS / look.value / f"{name}.svg").read_text()
        assert without_id(pictures[name]) == without_id(kept), "`make screenshots` writes it"
