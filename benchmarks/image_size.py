"""How large the kiosk UI's image is, and what a changed line of our code moves to a venue.

`make bench ONLY=image_size` runs it, as root, with Docker and a registry on loopback; sizes are no
times, so each is measured once. It is no part of `make bench` without ONLY.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from rich.console import Console

from benchmarks.bench import tell
from benchmarks.report import print_table, write_results
from benchmarks.rows import Row, compare, no_more_than
from tests.support.containers.images import Image, built, changed_checkout
from tests.support.containers.registry import Registry, registry_in

ROOT: Final = Path(__file__).resolve().parent.parent
_MOST_MB: Final = 60
_MOST_KB: Final = 300
_OURS: Final = ("kiosk_contracts", "kiosk_texts", "kiosk_ui")


def main() -> int:
    """Measure; return 0 only if both targets are reached."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        with registry_in(folder) as registry:
            tell("image_size: builds the image")
            image = built("kiosk", registry)
            rows = [_whole(image, folder), _code_layer(image, registry, folder)]
    results = Path(".bench/image_size.json")
    results.parent.mkdir(exist_ok=True)
    write_results(results, rows)
    print_table(rows, Console())
    return 0 if all(row.ok for row in rows) else 1


def _whole(image: Image, folder: Path) -> Row:
    """Measure what an image has beside its base, unpacked, as it lies on a venue's disk."""
    tell("image_size: installs the same by pip alone")
    return compare(
        "image_size",
        "MB",
        [image.told["size"] / 1e6],
        [_installed(folder / "site") / 1e6],
        baseline_name="the same, installed by pip",
        target=no_more_than(_MOST_MB, "MB"),
    )


def _installed(site: Path) -> int:
    """Return the bytes of the same packages and our code as pip leaves them, compiled."""
    wheels = ROOT / "build/wheels/ui"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-index", "--find-links", str(wheels), "--no-deps", "--target", str(site)]
    command += ["--root-user-action", "ignore", "-r", str(ROOT / "requirements/ui.txt")]
    subprocess.run(command, check=True)
    copied = [str(ROOT / name) for name in _OURS]
    subprocess.run(["cp", "--recursive", *copied, str(site)], check=True)
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(site)], check=True)
    return sum(path.stat().st_size for path in site.rglob("*") if path.is_file())


def _code_layer(image: Image, registry: Registry, folder: Path) -> Row:
    """Measure what a host that has an image fetches of the next, built anew with a line changed."""
    tell("image_size: builds it anew with a line changed")
    checkout = changed_checkout(folder / "checkout", "kiosk")
    changed = built("kiosk", registry, "--source", str(checkout), "--no-cache")
    layers = registry.manifest(changed.digest)["layers"][-len(changed.layers) :]
    return compare(
        "image_size.code_layer",
        "kB",
        [registry.moved(changed.digest, had=image.digest) / 1e3],
        [sum(one["size"] for one in layers) / 1e3],
        baseline_name="the same in one layer",
        target=no_more_than(_MOST_KB, "kB"),
    )


if __name__ == "__main__":
    raise SystemExit(main())
