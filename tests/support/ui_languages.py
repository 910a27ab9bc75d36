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
    r"they are ill|nothing answers|Eve Lindqvist|4711|ticket bought today",
    # What the ticket API says of a ticket, and a serial that is none.
    r"was used at gate South|0123456789AB",
    # Concessions and a price rule of the event's price list.
    r"Student|Companion|a student card|a pass with the letter B|Family price",
    # Receipt numbers, the kiosk's code, codes of tickets, serials.
    r"(?:HB1|TRAIN)-\d+-\d+|\bHB1\b|\bEP1[0-9A-Z ]{20,}|\b[0-9A-Z]{10}\b",
    # Days by their form, a zone, a currency.
    r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:day)?,?(?= \d)|(?<=\d )(?:Nov|November)\b",
    r"\bUTC\b|\bEUR\b|\bMB\b",
    # Keys that are called so everywhere, and a sign.
    r"\b(?:Enter|Esc|F\d+|Ctrl-[LQ])\b|\[x\]",
)


def plain_texts(app: KioskApp) -> set[str]:
    """Return what has words in plain letters that are no data."""
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
    for known in _DATA:
        text = re.sub(known, " ", text)
    return " ".join(text.split())
