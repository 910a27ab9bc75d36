"""Make `.venv` from a hashed lock, saying what it downloads. Standard library only.

    python3 tools/setup_venv.py demo     # what `make demo` needs
    python3 tools/setup_venv.py bench    # that, and what `make bench` measures against
    python3 tools/setup_venv.py region   # what `make region` needs
    python3 tools/setup_venv.py simulator   # what `make simulate` needs
    python3 tools/setup_venv.py dev      # all of these, and the test tools

A second run with an unchanged lock does nothing.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST_PYTHON = (3, 11)
EXIT_UNAVAILABLE = 69
PROOF_TOOLS = {
    "cc": ("gcc", "libc6-dev"),
    "strace": ("strace",),
    "gpg": ("gnupg",),
    "jq": ("jq",),
    "curl": ("curl",),
    "openssl": ("openssl",),
    "systemd-analyze": ("systemd",),
}
"""Commands that the development environment needs, and the Debian packages that have them."""


def main() -> int:
    """Set up; return the exit code."""
    name = sys.argv[1] if len(sys.argv) > 1 else "dev"
    lock = ROOT / "requirements" / f"{name}.txt"
    if not lock.exists():
        print(f"setup: there is no lock {lock.relative_to(ROOT)}", file=sys.stderr)
        return 2
    if sys.version_info < OLDEST_PYTHON:
        print(
            f"setup: Python {sys.version.split()[0]} is too old; install Python 3.11 or newer and "
            "run `make PYTHON=/path/to/python3.11 …`",
            file=sys.stderr,
        )
        return EXIT_UNAVAILABLE
    if name == "dev":
        _see_to_proof_tools()
    wanted = _fingerprint(lock)
    # The dev lock holds everything of the others, at the same versions.
    if any(_stamp(other) == wanted_ for other, wanted_ in _satisfied_by(name, wanted)):
        return 0
    if not _make_venv():
        return EXIT_UNAVAILABLE
    return _install(name, lock, wanted)


def _satisfied_by(name: str, wanted: str) -> list[tuple[str, str]]:
    satisfying = [(name, wanted)]
    if name in {"demo", "bench", "region", "simulator"}:
        satisfying.append(("dev", _fingerprint(ROOT / "requirements" / "dev.txt")))
    return satisfying


def _fingerprint(lock: Path) -> str:
    digest = hashlib.sha256()
    for part in (lock, ROOT / "pyproject.toml"):
        digest.update(part.read_bytes())
    digest.update(sys.version.encode())
    return digest.hexdigest()


def _stamp(name: str) -> str:
    stamp = VENV / f".installed-{name}"
    return stamp.read_text() if stamp.exists() and PYTHON.exists() else ""


def _make_venv() -> bool:
    if PYTHON.exists():
        return True
    if importlib.util.find_spec("ensurepip") is None and not _install_ensurepip():
        return False
    print("setup: making .venv", flush=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=False)
    return made.returncode == 0


def _install_ensurepip() -> bool:
    """Debian keeps ensurepip in a package of its own."""
    return install_debian(
        [f"python3.{sys.version_info.minor}-venv"],
        "this Python cannot make virtual environments, because ensurepip is missing",
    )


def _see_to_proof_tools() -> None:
    """Install what `tests/proof` needs of the system, or say what to install: the rest works."""
    packages = [
        package
        for tool, names in PROOF_TOOLS.items()
        if shutil.which(tool) is None
        for package in names
    ]
    if packages:
        install_debian(packages, "tests of power cuts and of local_region's installer run them")


def install_debian(packages: list[str], why: str) -> bool:
    """Install Debian packages if we may; otherwise say which, and return False."""
    wanted = " ".join(packages)
    apt_get = shutil.which("apt-get")
    if os.geteuid() == 0 and apt_get:
        print(f"setup: {why}; installing Debian's {wanted}", flush=True)
        subprocess.run([apt_get, "update", "-q"], check=False)
        # Whoever installs something else just now is waited for.
        patient = ("-o", "DPkg::Lock::Timeout=300")
        command = [apt_get, *patient, "install", "-y", "-q", "--no-install-recommends", *packages]
        if subprocess.run(command, check=False).returncode == 0:
            return True
    print(
        f"setup: {why}.\n"
        f"       Do: sudo apt-get install {wanted}   and run the same command again.",
        file=sys.stderr,
    )
    return False


def _install(name: str, lock: Path, wanted: str) -> int:
    size = re.search(r"^# download: (.+)$", lock.read_text(), flags=re.MULTILINE)
    print(
        f"setup: installing the {name} environment; at most {size[1] if size else 'unknown'} to "
        "download (less what pip has cached)",
        flush=True,
    )
    began = time.monotonic()
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install"]
    steps = [
        [*pip, "--require-hashes", "--only-binary", ":all:", "-r", str(lock)],
        [*pip, "--quiet", "--no-deps", "--no-build-isolation", "-e", str(ROOT)],
    ]
    for number, step in enumerate(steps, start=1):
        what = "packages, each checked by its hash" if number == 1 else "this project"
        print(f"setup: step {number} of {len(steps)}: {what}", flush=True)
        # setuptools warns at length about what an editable install is; it is what we want.
        environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
        code = subprocess.run(step, cwd=ROOT, env=environment, check=False).returncode
        if code != 0:
            print(
                "setup: that failed, see above. Is the line up, and is pip's index reachable? "
                "Run the same command again: it goes on where it stood.",
                file=sys.stderr,
            )
            return code
    (VENV / f".installed-{name}").write_text(wanted)
    print(f"setup: done in {time.monotonic() - began:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
