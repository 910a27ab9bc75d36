"""Make ready what `make test-containers` runs, as root: Docker that answers, a registry, a base.

    python tools/containers.py

Docker is started where none runs, with what it says in build/containers/dockerd.log; it goes on
running. The base of images and their wheels are kept in build/, see tools/image.py.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from image_base import debian_base
from setup_venv import install_debian
from wheelhouse import gather_wheels

from operator_cli.refusing import RefusedError

ROOT: Final = Path(__file__).resolve().parent.parent
PLACE: Final = ROOT / "build/containers"
TOOLS: Final = {
    "docker": "docker.io",
    "dockerd": "docker.io",
    "docker-registry": "docker-registry",
    "ip": "iproute2",
    "faketime": "faketime",
    "iptables": "iptables",
    "mmdebstrap": "mmdebstrap",
}
"""Commands that the tests need, and the Debian packages that have them."""
_LOCKS: Final = ("ui", "fleet")
_WITHIN_S: Final = 60


def main() -> int:
    """Make it ready; return the exit code."""
    if os.geteuid() != 0:
        print("containers: they are run by root; run it as root", file=sys.stderr)
        return os.EX_NOPERM
    missing = sorted({package for tool, package in TOOLS.items() if shutil.which(tool) is None})
    if missing and not install_debian(missing, "tests of containers run them"):
        return os.EX_UNAVAILABLE
    if not (_answers() or _start()):
        return os.EX_UNAVAILABLE
    try:
        print(f"containers: the base is {debian_base()}")
        for lock in _LOCKS:
            gather_wheels(lock, os.uname().machine)
    except RefusedError as error:
        print(f"containers: {error}. {error.what_to_do}", file=sys.stderr)
        return 1
    return 0


def _answers() -> bool:
    return subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0


def _start() -> bool:
    """Start Docker, by systemd where that runs the machine; return whether it answers."""
    PLACE.mkdir(parents=True, exist_ok=True)
    said = PLACE / "dockerd.log"
    if Path("/run/systemd/system").exists():
        subprocess.run(["systemctl", "start", "docker"], check=False)
        where = "journalctl -u docker"
    else:
        with said.open("ab") as log:
            began = subprocess.Popen(
                ["dockerd"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        print(f"containers: dockerd runs, as process {began.pid}; it goes on running", flush=True)
        where = str(said.relative_to(ROOT))
    # It says nowhere to others when it is ready: its socket answers, or does not.
    give_up = time.monotonic() + _WITHIN_S
    while not _answers():
        if time.monotonic() > give_up:
            print(f"containers: Docker does not answer; why: {where}", file=sys.stderr)
            return False
        time.sleep(0.2)
    return True


if __name__ == "__main__":
    raise SystemExit(main())
