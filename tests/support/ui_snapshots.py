"""Pictures that tests keep and compare with."""

import re
from pathlib import Path
from typing import Any

from pytest_textual_snapshot import SVGImageExtension


class Svg(SVGImageExtension):
    """Keeps pictures in `snapshots/test_pictures/`."""

    @classmethod
    def dirname(cls, *, test_location: Any) -> str:
        test = Path(test_location.filepath)
        return str(test.parent / "snapshots" / test.stem)


def without_id(svg: str) -> str:
    """Return a picture without the number that its classes have."""
    return re.sub(r"terminal-\d+-", "terminal-", svg)
