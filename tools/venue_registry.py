"""Fill the registry that venue hosts pull the kiosk UI from, as root: it stands for ECR.

    python tools/venue_registry.py

The image is built by tools/image.py and kept, as Debian's docker-registry keeps it, in
build/venue/registry; build/venue/kiosk-ui says its repository and digest.
"""

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import containers

ROOT: Final = Path(__file__).resolve().parent.parent
PLACE: Final = ROOT / "build/venue"
NAMED: Final = PLACE / "kiosk-ui"
_WITHIN_S: Final = 30


def main() -> int:
    """Make it ready; return the exit code."""
    if status := containers.main():
        return status
    PLACE.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(PLACE / "registry", ignore_errors=True)
    with _registry(PLACE / "registry") as place:
        command = [sys.executable, str(ROOT / "tools/image.py"), "kiosk", "--json"]
        done = subprocess.run(
            [*command, "--push", f"{place}/kiosk-ui"], stdout=subprocess.PIPE, check=False
        )
        if done.returncode != 0:
            return done.returncode
    _, _, name = json.loads(done.stdout)["digest"].partition("/")
    NAMED.write_text(f"{name}\n")
    print(f"venue: {name} is in the registry")
    return 0


@contextmanager
def _registry(folder: Path) -> Iterator[str]:
    """Serve a registry on loopback; yield its host and port."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{taken.getsockname()[1]}"
    settings = PLACE / "registry.yml"
    # JSON is YAML, too.
    storage = {"filesystem": {"rootdirectory": str(folder)}}
    settings.write_text(json.dumps({"version": "0.1", "storage": storage, "http": {"addr": place}}))
    with (PLACE / "registry.log").open("wb") as log:
        process = subprocess.Popen(
            ["docker-registry", "serve", str(settings)], stdout=log, stderr=log
        )
    try:
        _await(place)
        yield place
    finally:
        process.terminate()
        process.wait()


def _await(place: str) -> None:
    host, _, port = place.partition(":")
    give_up = time.monotonic() + _WITHIN_S
    while True:
        try:
            socket.create_connection((host, int(port)), 1).close()
        except OSError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.1)
        else:
            return


if __name__ == "__main__":
    raise SystemExit(main())
