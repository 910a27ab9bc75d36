"""Build a container image with Docker, and say its name, digest and sizes.

    python tools/image.py kiosk                    # the kiosk UI, on a base that is made here
    python tools/image.py fleet                    # the fleet service
    python tools/image.py kiosk --base python:3.11-slim-bookworm
    python tools/image.py kiosk --push 111122223333.dkr.ecr.eu-central-1.amazonaws.com/kiosk-ui

What it does goes to standard error, what it made to standard output, with --json for programs. A
build reaches no network: all comes from here, each package checked by its hash.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from image_base import debian_base
from wheelhouse import gather_wheels

from operator_cli.refusing import RefusedError

ROOT: Final = Path(__file__).resolve().parent.parent
IMAGES: Final = {"kiosk": ("eventpro/kiosk-ui", "ui"), "fleet": ("eventpro/fleet-service", "fleet")}
"""Each image's name, and the lock of its dependencies."""


@dataclass(frozen=True, slots=True)
class Built:
    """What was made. Sizes are bytes on a disk, unpacked."""

    image: str
    id: str
    digest: str | None
    """By which it is pulled and released; None until a registry has it."""
    base: str
    base_size: int
    size: int
    """Beside the base."""
    layers: tuple[int, ...]
    """The same, layer by layer."""


def main() -> int:
    """Build; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("image", choices=IMAGES)
    parser.add_argument("--base", help="an image with Python 3.11; one of Debian is made else")
    parser.add_argument("--push", metavar="REPOSITORY", help="push it there, and say its digest")
    parser.add_argument("--source", type=Path, default=ROOT, help="another checkout to build from")
    parser.add_argument("--no-cache", action="store_true", help="build each layer anew")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args()
    try:
        built = build(given)
    except RefusedError as error:
        print(f"image: {error}. {error.what_to_do}", file=sys.stderr)
        return 1
    print(json.dumps(asdict(built), indent=2) if given.json else _words(built))
    return 0


def build(given: argparse.Namespace) -> Built:
    """Build an image as the command line says; raises RefusedError."""
    began = time.monotonic()
    name, lock = IMAGES[given.image]
    machine = _docker("info", "--format", "{{.Architecture}}")
    wheels = gather_wheels(lock, machine)
    base = given.base or debian_base()
    source: Path = given.source
    if source != ROOT:
        shutil.copytree(wheels, source / wheels.relative_to(ROOT), dirs_exist_ok=True)
    labels = _labels(source)
    image = f"{name}:{labels['VERSION']}-{_short(labels['REVISION'])}"
    _say(f"building {image} on {base}")
    _run_build(given, image, {"BASE": base, **labels})
    digest = _push(image, given.push) if given.push else None
    _say(f"done in {time.monotonic() - began:.0f} s")
    return _look_at(image, base, digest)


def _labels(source: Path) -> dict[str, str]:
    """Return what an image says of itself: version, commit and the commit's time."""
    project = tomllib.loads((source / "pyproject.toml").read_text())["project"]
    told = _git(source, "log", "-1", "--format=%H %ct").split()
    revision, committed = told or ("unknown", "0")
    if told and _git(source, "status", "--porcelain", "--untracked-files=no"):
        revision += "-dirty"
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH") or committed)
    created = datetime.fromtimestamp(epoch, UTC).isoformat().replace("+00:00", "Z")
    return {"VERSION": str(project["version"]), "REVISION": revision, "CREATED": created}


def _short(revision: str) -> str:
    commit, dash, dirty = revision.partition("-")
    return f"{commit[:12]}{dash}{dirty}"


def _git(source: Path, *words: str) -> str:
    if shutil.which("git") is None:
        return ""
    command = ["git", "-C", str(source), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _run_build(given: argparse.Namespace, image: str, arguments: dict[str, str]) -> None:
    command = ["docker", "build", "--network", "none", "--tag", image]
    command += ["--file", str(given.source / f"Dockerfile.{given.image}")]
    command += ["--no-cache"] if given.no_cache else []
    for name, value in arguments.items():
        command += ["--build-arg", f"{name}={value}"]
    done = subprocess.run([*command, str(given.source)], stdout=sys.stderr, check=False)
    if done.returncode != 0:
        raise RefusedError("docker build failed, see above", "Nothing was tagged.")


def _push(image: str, repository: str) -> str:
    there = f"{repository}:{image.rpartition(':')[2]}"
    _say(f"pushing {there}")
    _docker("tag", image, there)
    _docker("push", "--quiet", there)
    digests = json.loads(_docker("image", "inspect", "--format", "{{json .RepoDigests}}", there))
    return next(str(one) for one in digests if one.startswith(f"{repository}@"))


def _look_at(image: str, base: str, digest: str | None) -> Built:
    of_base, all_layers = _layers(base), _layers(image)
    ours = [size for size in all_layers[len(of_base) :] if size > 0]
    return Built(
        image=image,
        id=_docker("image", "inspect", "--format", "{{.Id}}", image),
        digest=digest,
        base=base,
        base_size=sum(of_base),
        size=sum(ours),
        layers=tuple(ours),
    )


def _layers(image: str) -> list[int]:
    """Return the sizes of an image's layers, from the first to the last."""
    sizes = _docker("history", "--human=false", "--no-trunc", "--format", "{{.Size}}", image)
    return [int(size) for size in reversed(sizes.split())]


def _words(built: Built) -> str:
    layers = " + ".join(f"{size / 1e6:.2f}" for size in built.layers)
    return "\n".join(
        (
            f"image   {built.image}",
            f"id      {built.id}",
            f"digest  {built.digest or 'a registry gives it one: --push REPOSITORY'}",
            f"size    {built.size / 1e6:.1f} MB ({layers}),",
            f"        and its base {built.base_size / 1e6:.1f} MB",
        )
    )


def _docker(*words: str) -> str:
    """Ask Docker; raises RefusedError with what it says."""
    if shutil.which("docker") is None:
        raise RefusedError("docker is missing", "Do: apt-get install docker.io")
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RefusedError(
            f"docker {words[0]} failed: {done.stderr.strip()}",
            "If Docker does not run: systemctl start docker.",
        )
    return done.stdout.strip()


def _say(words: str) -> None:
    print(f"image: {words}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
