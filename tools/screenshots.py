"""Write `docs/screenshots/` from the real UI at the real agent's API.

How they are taken is in tests/support/ui_all_pictures.py.

python tools/screenshots.py           # write them
python tools/screenshots.py --check   # exit 1 if one has drifted
"""

import logging
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

ROOT = Path(__file__).resolve().parent.parent
SHOTS = ROOT / "docs" / "screenshots"
SIZE = (80, 24)


def main() -> int:
    """Write or check; return the exit code."""
    sys.path.insert(0, str(ROOT))
    from tests.support.ui_all_pictures import pictures_of  # noqa: PLC0415  it is found only now

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with TemporaryDirectory() as folder:
        pictures = {f"{name}.svg": svg for name, svg in pictures_of(Path(folder), SIZE).items()}
    if "--check" in sys.argv:
        kept = {path.name: path.read_text() for path in SHOTS.glob("*.svg")}
        drifted = sorted(name for name in kept | pictures if kept.get(name) != pictures.get(name))
        if drifted:
            print(f"the UI's screens have changed ({', '.join(drifted)}):")
            print("run `make screenshots` and look at them")
        return 1 if drifted else 0
    SHOTS.mkdir(parents=True, exist_ok=True)
    for path in SHOTS.glob("*.svg"):
        path.unlink()
    for name, svg in pictures.items():
        (SHOTS / name).write_text(svg)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
