"""What a screen says in plain letters, read part by part as it is drawn."""

import re
from collections.abc import Iterator
from typing import Final

from kiosk_ui.app import KioskApp

_DATA: Final = (
    # The product, the venue, its gate, events, ticket types and staff.
    r"EventPro kiosk|Harbour Hall|Main gate|Tide & Timber|Quay Blues|Gone with the Fog",
    r"\b(?:Adult|Child|Ana|Mia|ana|mia)\b",
    # What a person types in the evening of the pictures.
    r"4021-7788|press|wrong evening|customer waits at the box office|to the safe|not yet known",
    r"they are ill",
    # Receipt numbers, the kiosk's code, codes of tickets, serials.
    r"HB1-\d+-\d+|\bHB1\b|\bEP1[0-9A-Z ]{20,}|\b[0-9A-Z]{10}\b",
    # Days by their form, a zone, a currency.
    r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:day)?,?(?= \d)|(?<=\d )(?:Nov|November)\b",
    r"\bUTC\b|\bEUR\b",
    # Keys that are called so everywhere, and a sign.
    r"\b(?:Enter|Esc|F\d+|Ctrl-[LQ])\b|\[x\]",
)
_AGENT: Final = (
    r"A ticket of it belongs to the stock of another kiosk\.",
    r"Give the money back and void it, or hand it over\.",
    r"\d+ transaction could not be settled\.",
    r"Already inside",
    r"Ticket \w{10} was admitted at [\d:]+, gate Main gate\.",
    r"Ask for their own ticket; call a manager if they insist\.",
    r"Sync first",
    r"The ticket is signed with key 2, which this kiosk does not know yet\. It may be good\.",
    r"Wait for the line, or let a manager decide\.",
    r"Every ticket of it was used or given back\.",
    r"A manager must approve this\. This sale would give back [\d.]+ EUR; alone a cashier may make",
    r"no refund\. Ask a manager to type their PIN\.",
    r"[Tt]he kiosk's clock is wrong",
    r"The kiosk's clock is behind its last recorded sale\.",
    r"Tide & Timber, Adult cannot be sold: the clock is behind the last recorded sale, so the",
    r"kiosk cannot tell whether sales have closed\.",
    r"Ask a manager to compare the kiosk's time with a watch and to confirm it by PIN; or wait for",
    r"the line\.",
    r"(?<=: )nothing answers",
    r"\d transactions? (?:is|are) not settled, and no receipt covers (?:that|them)",
    r"\d known, read just now\.|Other gates and what was revoked: read just now\.",
    r"As the server's\.|\d+ MB are free\.|There is a line\.|All are settled\.",
    r"This kiosk has none: tickets are shown on the screen\.",
    r"Not tried yet\. Scan any ticket here and now\.",
)
"""What the agent sends in words, as far as its own catalogue does not say it otherwise."""


def plain_texts(app: KioskApp) -> set[str]:
    """Return what has words in plain letters that are neither data nor the agent's."""
    left = map(_without_data, parts(app))
    return {text for text in left if re.search("[A-Za-z]", text)}


def parts(app: KioskApp) -> Iterator[str]:
    """Yield what each part of the screen says, its lines put together again."""
    strips = app.screen._compositor.render_strips(app.size)
    for widget in app.screen.query("*"):
        if not widget.children and widget.is_on_screen and widget.region.area:
            region = widget.region.intersection(app.screen.region)
            lines = (
                strip.crop(region.x, region.right).text
                for strip in strips[region.y : region.bottom]
            )
            yield " ".join(" ".join(lines).split())


def cut_texts(app: KioskApp) -> int:
    """Return how many texts end in an ellipsis for want of room."""
    return sum(len(re.findall(r"[^\s…]…(?=\s|$)", _ends(part))) for part in parts(app))


def _ends(part: str) -> str:
    """Return a part without the ellipsis of a key that asks before it does something."""
    return re.sub(r"(?<=F12 )([^…]*)…", r"\1", part)


def _without_data(text: str) -> str:
    for known in (*_AGENT, *_DATA):
        text = re.sub(known, " ", text)
    return " ".join(text.split())
