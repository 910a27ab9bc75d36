"""The base of our images where no registry is within reach: Debian 12 with its Python 3.11.

Made with the apt sources of this machine, as root, and kept in build/image until the list of
packages or those sources change. A release names its base by digest instead: see docs/images.md.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from image_layers import THEN
from setup_venv import install_debian
from venue import SUITE, proxies, sources

from operator_cli.refusing import RefusedError

ROOT: Final = Path(__file__).resolve().parent.parent
PLACE: Final = ROOT / "build/image"
NAME: Final = "eventpro/base"
PACKAGES: Final = ("ca-certificates", "python3", "tzdata")
"""Certificates for the fleet service, time zones for the kiosk's clock."""
_MERGED: Final = "/usr/share/mmdebstrap/hooks/merged-usr"
"""Has /bin in /usr from the beginning; else a package does that afterwards, and brings Perl."""
_LEFT_OUT: Final = ("doc", "info", "locale", "man")
"""Below /usr/share; licences stay."""


def debian_base() -> str:
    """Return the name of the base in Docker, made and imported if need be; raises RefusedError."""
    key = _key()
    name = f"{NAME}:{SUITE}-{key}"
    if _docker("image", "inspect", name).returncode == 0:
        return name
    tree = PLACE / f"{SUITE}-{key}.tar"
    if not tree.exists():
        _make(tree)
    print("image: Docker takes up the base", file=sys.stderr, flush=True)
    taken = _docker("import", str(tree), name)
    if taken.returncode != 0:
        raise RefusedError(f"Docker refused the base: {taken.stderr.strip()}", f"Remove {tree}.")
    return name


def _make(tree: Path) -> None:
    if os.geteuid() != 0:
        raise RefusedError(
            "a base of Debian is made by root", "Be root, or name another: BASE=python:3.11-slim-…"
        )
    if shutil.which("mmdebstrap") is None and not install_debian(
        ["mmdebstrap"], "it makes the base of images"
    ):
        raise RefusedError("mmdebstrap is missing", "See above, or name another base: BASE=…")
    print("image: making a base of Debian 12, about half a minute", file=sys.stderr, flush=True)
    tree.parent.mkdir(parents=True, exist_ok=True)
    half = tree.with_suffix(".half.tar")
    command = ["mmdebstrap", "--quiet", "--variant=essential", f"--hook-dir={_MERGED}"]
    command += [f"--include={','.join(PACKAGES)}"]
    command += [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in _LEFT_OUT]
    command += ["--dpkgopt=path-include=/usr/share/doc/*/copyright", *proxies()]
    command += [SUITE, str(half), *map(str, sources())]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(THEN)}
    if subprocess.run(command, env=environment, stdout=sys.stderr, check=False).returncode != 0:
        raise RefusedError("the base can't be made, see above", "Is the line up?")
    half.rename(tree)


def _key() -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for source in sources():
        digest.update(source.read_bytes())
    return digest.hexdigest()[:12]


def _docker(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
