"""What a browser gets of the dashboard, read once."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).resolve().parent
_TYPES: Final[Mapping[str, str]] = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".md": "text/markdown",
}
_RUNBOOKS: Final = (_HERE / "runbooks", _HERE.parents[1] / "docs" / "runbooks")
"""Where an image of ours has them, and where this repository does."""


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file as it is sent."""

    body: bytes
    content_type: str
    tag: str
    """Of its bytes: the same in every task, another with every change."""


def page_files() -> Mapping[str, PageFile]:
    """Return every file by its path below `/dashboard/`; `index.html` is the page.

    No path is ever looked up on a disk for whoever asks: what is not here is nowhere.
    """
    found = {name: _read(path) for name, path in _own()}
    for folder in _RUNBOOKS:
        if folder.is_dir():
            return found | {f"runbooks/{one.name}": _read(one) for one in folder.glob("*.md")}
    return found


def _own() -> Iterator[tuple[str, Path]]:
    for path in (*_HERE.glob("*.*"), *_HERE.glob("app/*.js")):
        if path.suffix in _TYPES:
            yield str(path.relative_to(_HERE)), path


def _read(path: Path) -> PageFile:
    body = path.read_bytes()
    tag = hashlib.sha256(body).hexdigest()[:32]
    return PageFile(body, _TYPES[path.suffix], tag)
