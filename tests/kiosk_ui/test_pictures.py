"""How each screen looks at 80x24 and 120x40. After a change: --snapshot-update, and look."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_textual_snapshot import SVGImageExtension
from syrupy.assertion import SnapshotAssertion

from tests.support.ui_all_pictures import all_pictures
from tests.support.ui_pictures import SIZES
from tests.support.ui_price_pictures import NAMES as PRICES
from tests.support.ui_refund_pictures import NAMES as AFTER_SALE


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


@pytest.mark.usefixtures("another_place")
@pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))
async def test_screens_look_as_they_did(
    tmp_path: Path, size: tuple[int, int], snapshot: SnapshotAssertion
) -> None:
    pictures = await all_pictures(tmp_path, size)
    assert len(pictures) == 33 + len(AFTER_SALE) + len(PRICES)
    for name, svg in pictures.items():
        assert svg == snapshot(name=name, extension_class=_Svg)
