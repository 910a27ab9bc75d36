"""Looking again and again at what no one tells of."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

_LOOK_S: Final = 0.5


async def until_so(is_so: Callable[[], Awaitable[bool]], what: str, within_s: float) -> None:
    """Look until it is so. Raises TimeoutError that says what did not come."""
    try:
        async with asyncio.timeout(within_s):
            while True:
                if await is_so():
                    return
                await asyncio.sleep(_LOOK_S)
    except TimeoutError:
        raise TimeoutError(f"not within {within_s:g} s: {what}") from None
