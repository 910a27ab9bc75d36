"""Build the Debian package of the venue host's agent, with an environment of its own.

    python tools/deb.py                        # build/eventpro-kiosk-agent_<version>_amd64.deb
    python tools/deb.py --bundle-key key.pub.pem   # hosts believe bundles that this key signed

What it takes from an index is what requirements/agent.txt has, each checked by its hash; a venue
host needs no index. The same sources give the same bytes.
"""

import argparse
import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from operator_cli.refusing import RefusedError
from provisioning.bundles.keys import load_verifying_keys

ROOT: Final = Path(__file__).resolve().parent.parent
NAME: Final = "eventpro-kiosk-agent"
HOME: Final = Path("opt/eventpro/kiosk-agent")
SITE: Final = HOME / "lib/python3.11/site-packages"
DOC: Final = Path("usr/share/doc") / NAME
UNITS: Final = Path("lib/systemd/system")
OURS: Final = ("kiosk_agent", "kiosk_contracts", "kiosk_texts")
"""What the agent is made of; the other deployables stay at home."""
LEFT_OUT: Final = (
    "bin",  # the commands of libraries
    "pip*",  # required by a command of sqlite-utils that we don't have
    "setuptools*",  # named by python-escpos, imported by none of what runs
    "_distutils_hack",
    "distutils-precedence.pth",
    "docs",  # which a library dropped beside itself
    "**/tests",
    "**/*.pyi",
    "**/*.h",
    "**/*.pyx",
    "**/*.pxd",
    ".lock",
)
"""Below site-packages: what no kiosk runs."""
_PYTHON: Final = "/usr/bin/python3.11"
_ENTRY: Final = """\
#!/opt/eventpro/kiosk-agent/bin/python3 -I
import sys

from kiosk_agent.cli import main

sys.exit(main())
"""
_CHANGELOG: Final = """\
{name} ({version}) stable; urgency=medium

  * What changed is in CHANGELOG.md beside this file.

 -- EventPro <kiosks@eventpro.example>  {date}
"""


def main() -> int:
    """Build; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--bundle-key", type=Path, action="append", default=[], metavar="FILE")
    parser.add_argument("--fast", action="store_true", help="compress little, for tests")
    parser.add_argument("--output", type=Path, default=ROOT / "build", metavar="DIR")
    options = parser.parse_args()
    try:
        made = build(options.output, options.bundle_key, fast=options.fast)
    except RefusedError as error:
        print(f"package: {error}. {error.what_to_do}", file=sys.stderr)
        return 1
    print(f"{os.path.relpath(made)}: {made.stat().st_size / 1e6:.1f} MB")
    return 0


def build(output: Path, bundle_keys: list[Path], *, fast: bool = False) -> Path:
    """Write the package into a folder; return its path. Raises RefusedError."""
    keys = load_verifying_keys(bundle_keys)
    _check_machine()
    os.environ["SOURCE_DATE_EPOCH"] = str(_epoch())
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="deb-", dir=output) as name:
        tree = Path(name) / "tree"
        _lay_environment(tree, Path(name))
        _lay_units(tree)
        _lay_documents(tree)
        for key_id, raw in keys.items():
            _lay_key(tree, key_id, raw)
        _set_modes(tree)
        _lay_control(tree)
        made = output / f"{NAME}_{version()}_amd64.deb"
        _run(
            "dpkg-deb",
            "--root-owner-group",
            "-Zzstd" if fast else "-Zxz",
            "--build",
            str(tree),
            str(made),
        )
    return made


def version() -> str:
    """Return the project's version, which is the package's."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return str(project["version"])


def _check_machine() -> None:
    for tool in ("dpkg-deb", "uv", _PYTHON):
        if shutil.which(tool, path=_path()) is None:
            raise RefusedError(f"{tool} is missing", "Build on Debian 12 (amd64), by make package.")


def _path() -> str:
    """Return where commands are: those of this environment first."""
    return f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}"


def _epoch() -> int:
    """Return the time that all in the package bears: what is asked for, or the commit's."""
    asked = os.environ.get("SOURCE_DATE_EPOCH")
    if asked:
        return int(asked)
    commit = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return int(commit.stdout) if commit.returncode == 0 else 0


def _lay_environment(tree: Path, scratch: Path) -> None:
    """Lay a virtual environment whose paths are those of the host, and what runs in it."""
    home, site = tree / HOME, tree / SITE
    (home / "bin").mkdir(parents=True)
    (home / "bin/python3").symlink_to(_PYTHON)
    (home / "pyvenv.cfg").write_text("home = /usr/bin\ninclude-system-site-packages = false\n")
    lock = ROOT / "requirements/agent.txt"
    target = ("--python-version", "3.11", "--python-platform", "x86_64-manylinux_2_36")
    taken = ("--only-binary", ":all:", "--require-hashes", "--link-mode", "copy")
    _run("uv", "pip", "install", "-q", "--target", str(site), *target, *taken, "-r", str(lock))
    _lay_ours(site, scratch / "source")
    for pattern in LEFT_OUT:
        for path in list(site.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    entry = home / "bin/kiosk-agent"
    entry.write_text(_ENTRY)
    (tree / "usr/bin").mkdir(parents=True)
    (tree / "usr/bin/kiosk-agent").symlink_to("/opt/eventpro/kiosk-agent/bin/kiosk-agent")
    _compile(tree, site)


def _lay_ours(site: Path, source: Path) -> None:
    """Build our wheel from a copy, since a build folder keeps modules that are long gone."""
    for package in OURS:
        stale = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, source / package, ignore=stale)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copyfile(ROOT / name, source / name)
    _run("uv", "build", "-q", "--wheel", "--no-build-isolation", str(source))
    with zipfile.ZipFile(next((source / "dist").glob("*.whl"))) as wheel:
        wheel.extractall(site)


def _compile(tree: Path, site: Path) -> None:
    """Compile with the host's Python: nobody may write beside the sources there."""
    # By the sources' hash, not their time, so that the same sources give the same bytes.
    by_hash = ("--invalidation-mode", "checked-hash")
    where = ("-s", str(tree), "-p", "/")
    _run(_PYTHON, "-I", "-m", "compileall", "-q", "-j", "0", *by_hash, *where, str(site))


def _lay_units(tree: Path) -> None:
    for source in sorted((ROOT / "systemd").glob("*.service")):
        _copy(source, tree / UNITS / source.name)
    for kind in ("sysusers.d", "tmpfiles.d"):
        _copy(ROOT / "systemd" / kind / f"{NAME}.conf", tree / "usr/lib" / kind / f"{NAME}.conf")
    _copy(ROOT / "systemd/after-bootstrap", tree / HOME / "bin/after-bootstrap")
    _copy(ROOT / "systemd/foot.ini", tree / "usr/share" / NAME / "foot.ini")
    rules = f"70-{NAME}.rules"
    _copy(ROOT / "systemd/rules.d" / rules, tree / "usr/lib/udev/rules.d" / rules)


def _lay_documents(tree: Path) -> None:
    _copy(ROOT / "debian/copyright", tree / DOC / "copyright")
    _copy(ROOT / "docs/packaging.md", tree / DOC / "packaging.md")
    _copy(ROOT / "debian/lintian-overrides", tree / "usr/share/lintian/overrides" / NAME)
    date = format_datetime(datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), UTC))
    debian = _CHANGELOG.format(name=NAME, version=version(), date=date).encode()
    (tree / DOC / "changelog.gz").write_bytes(gzip.compress(debian, mtime=0))
    changes = (ROOT / "CHANGELOG.md").read_bytes()
    (tree / DOC / "CHANGELOG.md.gz").write_bytes(gzip.compress(changes, mtime=0))


def _lay_key(tree: Path, key_id: str, raw: bytes) -> None:
    """Write the key anew, so that nothing else of its file comes along."""
    public = Ed25519PublicKey.from_public_bytes(raw)
    path = tree / "usr/share" / NAME / "bundle-keys.d" / f"{key_id}.pem"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _set_modes(tree: Path) -> None:
    """Let no umask and no wheel decide who may do what; a package has one time throughout."""
    epoch = int(os.environ["SOURCE_DATE_EPOCH"])
    tree.chmod(0o755)
    for path in sorted(tree.rglob("*"), reverse=True):
        if not path.is_symlink():
            runs = path.is_dir() or path.parent == tree / HOME / "bin"
            path.chmod(0o755 if runs else 0o644)
        os.utime(path, (epoch, epoch), follow_symlinks=False)


def _lay_control(tree: Path) -> None:
    files = sorted(path for path in tree.rglob("*") if path.is_file() and not path.is_symlink())
    kilobytes = sum(-(-path.stat().st_size // 1024) for path in files)
    text = (ROOT / "debian/control").read_text()
    text = re.sub("@VERSION@", version(), re.sub("@INSTALLED_SIZE@", str(kilobytes), text))
    control = tree / "DEBIAN"
    control.mkdir()
    (control / "control").write_text(text)
    sums = [f"{_md5(path)}  {path.relative_to(tree)}\n" for path in files]
    (control / "md5sums").write_text("".join(sums))
    for script in ("preinst", "postinst", "prerm", "postrm"):
        _copy(ROOT / "debian" / script, control / script)
        (control / script).chmod(0o755)


def _md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def _run(*command: str) -> None:
    """Run a command of the build; raises RefusedError with what it wrote."""
    environment = {**os.environ, "PATH": _path(), "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RefusedError(
            f"{' '.join(command[:4])} … failed:\n{done.stdout}{done.stderr}", "See above."
        )


if __name__ == "__main__":
    raise SystemExit(main())
