"""Make ready what `make test-dashboard` runs: Debian's Chromium.

python tools/browser.py
"""

import os
import shutil

from setup_venv import install_debian


def main() -> int:
    """Make it ready; return the exit code."""
    if shutil.which("chromium"):
        return 0
    why = "tests of the dashboard look at it in Chromium"
    return 0 if install_debian(["chromium", "fonts-dejavu-core"], why) else os.EX_UNAVAILABLE


if __name__ == "__main__":
    raise SystemExit(main())
