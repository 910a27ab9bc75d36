"""All pictures of the UI: the evening's, of what comes after a sale, of prices, of trouble."""

import asyncio
from pathlib import Path

from kiosk_texts import ENGLISH
from kiosk_ui.looks import Look
from tests.support.ui_pad_pictures import take_pad_pictures
from tests.support.ui_pictures import Judge, signer_of_pictures, take_pictures
from tests.support.ui_price_pictures import take_price_pictures
from tests.support.ui_refund_pictures import take_refund_pictures
from tests.support.ui_trouble_pictures import take_trouble_pictures


async def all_pictures(
    folder: Path,
    size: tuple[int, int],
    look: Look = Look.STANDARD,
    judge: Judge = lambda _: None,
    *,
    locale: str = ENGLISH.tag,
) -> dict[str, str]:
    """Return an SVG of every screen by name, as it looks at `size` columns and rows.

    `judge` sees the app at each of them.
    """
    after, prices, trouble = (folder / name for name in ("after", "prices", "trouble"))
    for apart in (after, prices, trouble):
        apart.mkdir()
    evening = await take_pictures(folder, size, look, judge, locale)
    signer, wears = signer_of_pictures(), (look, locale)
    refunds = await take_refund_pictures(after, size, signer, judge, wears)
    reduced = await take_price_pictures(prices, size, signer, judge, wears)
    troubled = await take_trouble_pictures(trouble, size, signer, judge, wears)
    return {**evening, **refunds, **reduced, **troubled}


def pictures_of(
    folder: Path,
    size: tuple[int, int],
    look: Look = Look.STANDARD,
    *,
    locale: str = ENGLISH.tag,
) -> dict[str, str]:
    """Return `all_pictures`, and those of the pad, for those without an event loop."""
    return asyncio.run(_with_pad(folder, size, look, locale))


async def _with_pad(folder: Path, size: tuple[int, int], look: Look, locale: str) -> dict[str, str]:
    touched = folder / "touched"
    touched.mkdir()
    pads = await take_pad_pictures(
        touched, size, signer_of_pictures(), lambda _: None, (look, locale)
    )
    return {**await all_pictures(folder, size, look, locale=locale), **pads}
