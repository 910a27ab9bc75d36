"""Makes the UI's terminal small and large again."""

from typing import Final

from tests.support.ui_till import Till

SMALL: Final = (40, 10)
USUAL: Final = (80, 24)


async def shrunk(till: Till, *words: str) -> None:
    """Make it small: these words are still there; then as it was: the same picture."""
    before = till.text
    await till.pilot.resize_terminal(*SMALL)
    await till.until(lambda: till.app.screen.size.width == SMALL[0], "the small screen")
    await till.until(lambda: all(word in _shown(till) for word in words), f"{words}")
    lines = till.text.split("\n")
    assert len(lines) == SMALL[1]
    assert max(map(len, lines)) <= SMALL[0]
    await till.pilot.resize_terminal(*USUAL)
    await till.until(lambda: till.app.screen.size.width == USUAL[0], "the usual screen")
    await till.until(lambda: till.text == before, f"the same picture as before:\n{before}\nIt")


def _shown(till: Till) -> str:
    """Return what is shown, whatever lines it is broken into."""
    return " ".join(till.text.split())
