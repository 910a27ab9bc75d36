"""All pictures of the UI: the evening's, of what comes after a sale, of trouble, and so on."""

import asyncio
from pathlib import Path
from typing import Final

from kiosk_texts import ENGLISH
from kiosk_ui.looks import Look
from tests.support.ui_first_pictures import NAMES as FIRST
from tests.support.ui_first_pictures import take_first_pictures
from tests.support.ui_pad_pictures import take_pad_pictures
from tests.support.ui_picture import Picture
from tests.support.ui_pictures import Judge, signer_of_pictures, take_pictures
from tests.support.ui_price_pictures import take_price_pictures
from tests.support.ui_rare_pictures import NAMES as RARE
from tests.support.ui_rare_pictures import take_rare_pictures
from tests.support.ui_refund_pictures import take_refund_pictures
from tests.support.ui_training_pictures import NAMES as TRAINING
from tests.support.ui_training_pictures import take_training_pictures
from tests.support.ui_trouble_pictures import take_trouble_pictures

UNDOCUMENTED: Final = (*RARE, *TRAINING, *FIRST)
"""Names of what the tests keep and the documentation does not."""


async def all_pictures(
    folder: Path,
    size: tuple[int, int],
    look: Look = Look.STANDARD,
    judge: Judge = lambda _: None,
    *,
    locale: str = ENGLISH.tag,
) -> dict[str, Picture]:
    """Return an SVG of every screen by name, as it looks at `size` columns and rows.

    `judge` sees the app at each of them.
    """
    after, prices, trouble, rare, training, first = (
        folder / name for name in ("after", "prices", "trouble", "rare", "training", "first")
    )
    for apart in (after, prices, trouble, rare, training, first):
        apart.mkdir()
    evening = await take_pictures(folder, size, look, judge, locale)
    signer, wears = signer_of_pictures(), (look, locale)
    refunds = await take_refund_pictures(after, size, signer, judge, wears)
    reduced = await take_price_pictures(prices, size, signer, judge, wears)
    troubled = await take_trouble_pictures(trouble, size, signer, judge, wears)
    documented = {**evening, **refunds, **reduced, **troubled}
    others = {
        **await take_rare_pictures(rare, size, signer, judge, wears),
        **await take_training_pictures(training, size, signer, judge, wears),
        **await take_first_pictures(first, size, judge, wears),
    }
    assert tuple(others) == UNDOCUMENTED
    return {**documented, **others}


def pictures_of(
    folder: Path,
    size: tuple[int, int],
    look: Look = Look.STANDARD,
    *,
    locale: str = ENGLISH.tag,
) -> dict[str, Picture]:
    """Return what is documented of `all_pictures`, and the pad, for those without an event loop."""
    pictures = asyncio.run(_with_pad(folder, size, look, locale))
    return {name: svg for name, svg in pictures.items() if name not in UNDOCUMENTED}


async def _with_pad(
    folder: Path, size: tuple[int, int], look: Look, locale: str
) -> dict[str, Picture]:
    touched = folder / "touched"
    touched.mkdir()
    pads = await take_pad_pictures(
        touched, size, signer_of_pictures(), lambda _: None, (look, locale)
    )
    return {**await all_pictures(folder, size, look, locale=locale), **pads}
