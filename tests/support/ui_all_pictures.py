"""All pictures of the UI: the evening's, and those of what comes after a sale."""

import asyncio
from pathlib import Path

from tests.support.ui_pictures import signer_of_pictures, take_pictures
from tests.support.ui_refund_pictures import take_refund_pictures


async def all_pictures(folder: Path, size: tuple[int, int]) -> dict[str, str]:
    """Return an SVG of every screen by name, as it looks at `size` columns and rows."""
    after = folder / "after"
    after.mkdir()
    evening = await take_pictures(folder, size)
    return {**evening, **await take_refund_pictures(after, size, signer_of_pictures())}


def pictures_of(folder: Path, size: tuple[int, int]) -> dict[str, str]:
    """Return `all_pictures` for those without an event loop."""
    return asyncio.run(all_pictures(folder, size))
