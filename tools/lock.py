"""Write the hashed requirement locks, one per extra, without index addresses.

    python tools/lock.py            # keep the locked versions, add what pyproject.toml asks for
    python tools/lock.py --upgrade  # newest versions
    python tools/lock.py --check    # exit 1 if a lock does not follow from pyproject.toml

The dev lock comes first; the others are constrained by it, so that one version serves all.
"""

import argparse
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from packaging.tags import sys_tags
from packaging.utils import parse_wheel_filename

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "requirements"
EXTRAS = (
    "dev",
    "bench",
    "demo",
    "agent",
    "ui",
    "ui-web",
    "fleet",
    "ticket-api",
    "provisioning",
    "fleetctl",
    "region",
    "simulator",
)


def main() -> int:
    """Write or check the locks; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    parser.add_argument("--check", action="store_true", help="change nothing, exit 1 on drift")
    options = parser.parse_args()
    stale = [extra for extra in EXTRAS if _lock(extra, options)]
    if options.check and stale:
        print(f"locks that do not follow from pyproject.toml: {', '.join(stale)}; run `make lock`")
        return 1
    return 0


def _lock(extra: str, options: argparse.Namespace) -> bool:
    """Write one lock; return whether it changed (with --check: whether it would)."""
    path = LOCKS / f"{extra}.txt"
    before = path.read_text() if path.exists() else ""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "lock.txt"
        fresh.write_text(before)
        _compile(extra, fresh, upgrade=options.upgrade, generate="--generate-hashes")
        text = fresh.read_text()
        if not options.check:
            text = f"# download: {_download_size(extra, Path(folder), fresh)}\n{text}"
    if options.check:
        return _without_size(before) != _without_size(text)
    path.write_text(text)
    print(f"{path.relative_to(ROOT)}: {text.splitlines()[0]}")
    return text != before


def _compile(extra: str, output: Path, *, upgrade: bool, generate: str) -> None:
    command = ["uv", "pip", "compile", "pyproject.toml", "--extra", extra, "--universal"]
    command += ["--python-version", "3.11", "--no-annotate", "--quiet", generate]
    command += ["--custom-compile-command", "make lock", "--output-file", str(output)]
    if extra != "dev":
        command += ["--constraints", str(LOCKS / "dev.txt")]
    if upgrade:
        command.append("--upgrade")
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def _download_size(extra: str, folder: Path, lock: Path) -> str:
    """Return how much this machine's wheels of the lock weigh, by the sizes the index gives."""
    pylock = folder / "pylock.toml"
    command = ["uv", "pip", "compile", str(lock), "--quiet", "--format", "pylock.toml"]
    command += ["--python-version", "3.11", "--output-file", str(pylock)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    rank = {tag: number for number, tag in enumerate(sys_tags())}
    packages = tomllib.loads(pylock.read_text())["packages"]
    total = 0
    for package in packages:
        wheels = [
            (min(rank[tag] for tag in tags), wheel["size"])
            for wheel in package.get("wheels", [])
            if (tags := [tag for tag in _tags(wheel) if tag in rank])
        ]
        if not wheels:
            print(f"{extra}: {package['name']} has no wheel for this machine", file=sys.stderr)
            raise SystemExit(1)
        total += min(wheels)[1]
    return f"{total / 1e6:.0f} MB in {len(packages)} packages"


def _tags(wheel: dict[str, str]) -> frozenset[object]:
    name = wheel.get("name") or wheel["url"].rsplit("/", maxsplit=1)[-1]
    return parse_wheel_filename(name)[3]


def _without_size(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("# download:"))


if __name__ == "__main__":
    raise SystemExit(main())
