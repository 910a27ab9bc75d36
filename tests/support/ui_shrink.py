"""Makes the UI's terminal small and large again."""

from typing import Final

from tests.support.ui_till import Till

SMALL: Final = (40, 10)
USUAL: Final = (80, 24)


async def shrunk(till: Till, *words: str) -> None:
    """Make it small: these words are still there; then as it was: the same picture."""
    # Once more where the agent has told news meanwhile: they stand in the picture.
    while not await _shrunk_once(till, *words):
        pass


async def _shrunk_once(till: Till, *words: str) -> bool:
    """Do it; say whether the agent told nothing new meanwhile."""
    link = till.app.kiosk.desk.link
    await till.at_rest()
    before, told = till.text, link.status
    await till.pilot.resize_terminal(*SMALL)
    await till.until(lambda: till.app.screen.size.width == SMALL[0], "the small screen")
    await till.until(lambda: all(word in _shown(till) for word in words), f"{words}")
    lines = till.text.split("\n")
    assert len(lines) == SMALL[1]
    assert max(map(len, lines)) <= SMALL[0]
    await till.pilot.resize_terminal(*USUAL)
    await till.until(lambda: till.app.screen.size.width == USUAL[0], "the usual screen")
    await till.until(
        lambda: till.text == before or link.status is not told,
        f"the same picture as before:\n{before}\nIt",
    )
    return link.status is told


def _shown(till: Till) -> str:
    """Return what is shown, whatever lines it is broken into."""
    return " ".join(till.text.split())
