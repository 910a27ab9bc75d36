"""Write `docs/screenshots/` from the real UI at the real agent's API.

How they are taken is in tests/support/ui_all_pictures.py. That none has drifted is shown by
tests/kiosk_ui, which takes them all: test_pictures.py, test_pad_pictures.py, test_languages.py.

python tools/screenshots.py
"""

import logging
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

ROOT = Path(__file__).resolve().parent.parent
SHOTS = ROOT / "docs" / "screenshots"
SIZE = (80, 24)


def main() -> int:
    """Write them all; return the exit code."""
    sys.path.insert(0, str(ROOT))
    # They are found only now.
    from kiosk_ui.looks import Look  # noqa: PLC0415
    from tests.support.ui_all_pictures import pictures_of  # noqa: PLC0415
    from tests.support.ui_pictures import SHOWN_IN_GERMAN, SHOWN_IN_LOOKS  # noqa: PLC0415

    # The agent tells some times in the host's zone.
    os.environ["TZ"] = "UTC"
    time.tzset()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with TemporaryDirectory() as folder:
        pictures = {f"{name}.svg": svg for name, svg in pictures_of(Path(folder), SIZE).items()}
    _write(SHOTS, pictures)
    for look in Look:
        if look is not Look.STANDARD:
            with TemporaryDirectory() as folder:
                taken = pictures_of(Path(folder), SIZE, look)
            _write(SHOTS / look.value, {f"{name}.svg": taken[name] for name in SHOWN_IN_LOOKS})
    with TemporaryDirectory() as folder:
        german = pictures_of(Path(folder), SIZE, locale="de_DE")
    _write(SHOTS / "german", {f"{name}.svg": german[name] for name in SHOWN_IN_GERMAN})
    return 0


def _write(folder: Path, pictures: Mapping[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.svg"):
        path.unlink()
    for name, svg in pictures.items():
        (folder / name).write_text(svg)


if __name__ == "__main__":
    raise SystemExit(main())
