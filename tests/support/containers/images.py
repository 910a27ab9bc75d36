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
_SOURCES = (
    ".dockerignore",
    "Dockerfile.kiosk",
    "kiosk_contracts",
    "kiosk_texts",
    "kiosk_ui",
    "pyproject.toml",
    "requirements",
    "tools",
)


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


def changed_checkout(folder: Path) -> Path:
    """Copy what the kiosk's image is made of, with a line of our code changed.

    It is a checkout on another machine: other times, other modes, no wheels or layers at hand.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in _SOURCES:
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, folder / name, ignore=ignored, copy_function=shutil.copyfile)
        else:
            shutil.copyfile(source, folder / name)
    screen = folder / "kiosk_ui/widgets/forms/pin_question.py"
    words = "Who is at this kiosk?"
    text = screen.read_text()
    assert words in text
    screen.write_text(text.replace(words, "Who is at this kiosk, please?"))
    return folder
