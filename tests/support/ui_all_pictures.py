"""All pictures of the UI: the evening's, and those of what comes after a sale."""

import asyncio
from pathlib import Path

from kiosk_texts import ENGLISH
from kiosk_ui.looks import Look
from tests.support.ui_pictures import Judge, signer_of_pictures, take_pictures
from tests.support.ui_refund_pictures import take_refund_pictures


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
    after = folder / "after"
    after.mkdir()
    evening = await take_pictures(folder, size, look, judge, locale)
    signer = signer_of_pictures()
    return {**evening, **await take_refund_pictures(after, size, signer, judge, (look, locale))}


def pictures_of(
    folder: Path,
    size: tuple[int, int],
    look: Look = Look.STANDARD,
    *,
    locale: str = ENGLISH.tag,
) -> dict[str, str]:
    """Return `all_pictures` for those without an event loop."""
    return asyncio.run(all_pictures(folder, size, look, locale=locale))
