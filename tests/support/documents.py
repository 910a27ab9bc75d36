"""Tables of our documents, so that tests hold the code to what is written there."""

from pathlib import Path
from typing import Final

DOCS: Final = Path(__file__).parents[2] / "docs"


def section(document: str, heading: str) -> str:
    """Return the text under a heading of `docs/<document>`, up to the next one of any level."""
    lines = iter((DOCS / document).read_text("utf-8").splitlines())
    for line in lines:
        if line.startswith("#") and line.lstrip("#").strip() == heading:
            break
    else:
        msg = f"{document} has no heading {heading!r}"
        raise LookupError(msg)
    text = []
    for line in lines:
        if line.startswith("#"):
            break
        text.append(line)
    return "\n".join(text)


def table(document: str, heading: str) -> list[tuple[str, ...]]:
    """Return the rows of a section's one table, without its head; backticks around a cell go."""
    rows = [
        tuple(_cell(text) for text in line.strip("|").split("|"))
        for line in section(document, heading).splitlines()
        if line.startswith("|")
    ]
    if len(rows) <= 2:
        msg = f"{document}, {heading!r}: there is no table"
        raise LookupError(msg)
    return rows[2:]


def _cell(text: str) -> str:
    text = text.strip()
    one_code = text.startswith("`") and text.endswith("`") and text.count("`") == 2
    return text[1:-1] if one_code else text
