"""Our images, built by the command that people build them by."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.containers.registry import Registry

ROOT = Path(__file__).resolve().parents[3]
_FOR_ALL = (".dockerignore", "kiosk_contracts", "pyproject.toml", "requirements", "tools")
_SOURCES = {
    "kiosk": ("Dockerfile.kiosk", "kiosk_texts", "kiosk_ui"),
    "fleet": ("Dockerfile.fleet", "cloud_store", "fleet_service", "docs/runbooks"),
}
_CHANGED = {
    "kiosk": ("kiosk_ui/widgets/forms/pin_question.py", "Who is at this kiosk?"),
    "fleet": ("fleet_service/health/probe.py", "does not answer at port"),
}
"""A line of each image's code, by its file and words of it."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image in the registry of a test, as `tools/image.py --json` told it."""

    told: dict[str, Any]

    @property
    def digest(self) -> str:
        """`REPOSITORY@sha256:…`."""
        return str(self.told["digest"])

    @property
    def layers(self) -> list[str]:
        """What Docker knows its layers by, unpacked; without the base's."""
        command = ["docker", "image", "inspect", "--format", "{{json .RootFS.Layers}}"]
        told = subprocess.run(
            [*command, self.told["id"]], capture_output=True, text=True, check=True
        )
        layers: list[str] = json.loads(told.stdout)
        return layers[-len(self.told["layers"]) :]


def built(image: str, registry: Registry, *words: str) -> Image:
    """Build an image and push it."""
    command = [sys.executable, str(ROOT / "tools/image.py"), image, "--json"]
    command += ["--push", f"{registry.place}/{image}", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Image(json.loads(done.stdout))


def changed_checkout(folder: Path, image: str) -> Path:
    """Copy what an image is made of, with a line of our code changed.

    It is a checkout on another machine: other times, other modes, no wheels or layers at hand.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in (*_FOR_ALL, *_SOURCES[image]):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, folder / name, ignore=ignored, copy_function=shutil.copyfile)
        else:
            shutil.copyfile(source, folder / name)
    name, words = _CHANGED[image]
    text = (folder / name).read_text()
    assert words in text
    (folder / name).write_text(text.replace(words, f"{words[:-1]} now{words[-1]}"))
    return folder
