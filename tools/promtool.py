"""Make ready what `make check-alerts` runs: promtool, out of Debian's package prometheus.

    python tools/promtool.py

The package is unpacked into build/promtool and not installed: it would start a server.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
PLACE: Final = ROOT / "build/promtool"
TOOL: Final = PLACE / "usr/bin/promtool"
PACKAGE: Final = "prometheus"


def main() -> int:
    """Make it ready; return the exit code."""
    if shutil.which("promtool") or TOOL.exists():
        return 0
    print("setup: alert rules are checked by promtool; 19 MB to download", flush=True)
    try:
        _unpack()
    except (OSError, subprocess.CalledProcessError) as error:
        print(
            f"setup: promtool could not be had: {error}.\n"
            f"       Do: put Debian's promtool on the PATH (package {PACKAGE}), and run the same "
            "command again.",
            file=sys.stderr,
        )
        return os.EX_UNAVAILABLE
    return 0


def _unpack() -> None:
    if os.geteuid() == 0:
        # What apt knows may be of another day than the mirror; others than root go by that.
        subprocess.run(["apt-get", "update", "-q"], check=False)
    PLACE.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=PLACE.parent, prefix="promtool-") as scratch:
        whole = Path(scratch) / "tree"
        subprocess.run(["apt-get", "download", "-q", PACKAGE], cwd=scratch, check=True)
        [package] = Path(scratch).glob(f"{PACKAGE}_*.deb")
        subprocess.run(["dpkg-deb", "--extract", package, whole], check=True)
        # Cut off in the middle it is not there at all.
        target = Path(scratch) / "kept/usr/bin"
        target.mkdir(parents=True)
        shutil.move(whole / "usr/bin/promtool", target / "promtool")
        shutil.rmtree(PLACE, ignore_errors=True)
        (Path(scratch) / "kept").rename(PLACE)


if __name__ == "__main__":
    raise SystemExit(main())
