"""Make ready what `make test-console` runs: cage, foot, and a display in memory for them.

    python tools/display.py

wlroots shows on an X server in memory (Xvfb) there: Debian 12's cage takes no keys from wtype (no
virtual keyboard), so xdotool presses them at that server. grim takes the pictures of cage's own.
"""

import os
import shutil
from pathlib import Path
from typing import Final

from setup_venv import install_debian

TOOLS: Final = {
    "cage": "cage",
    "foot": "foot",
    "grim": "grim",
    "Xvfb": "xvfb",
    "xdotool": "xdotool",
}
FONT: Final = Path("/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf")


def main() -> int:
    """Make it ready; return the exit code."""
    missing = sorted({package for tool, package in TOOLS.items() if shutil.which(tool) is None})
    if not FONT.exists():
        missing.append("fonts-dejavu-core")
    if missing and not install_debian(missing, "tests of the console's display run them"):
        return os.EX_UNAVAILABLE
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
