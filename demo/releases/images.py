"""Three releases of the kiosk UI as images in a registry on loopback, which stands for ECR."""

import asyncio
import json
import re
import shutil
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from demo.processes import ProcessError

ROOT: Final = Path(__file__).resolve().parent.parent.parent
FIRST, NEXT, BAD = "r-1", "r-2", "r-bad"
RELEASES: Final = (FIRST, NEXT, BAD)
MARKS: Final = {FIRST: "Left to sell", NEXT: "Tickets left"}
"""What a release's screen of events shows, by which a person tells it from the other."""
_CHANGED: Final = "kiosk_ui/screens/events.py"
_SOURCES: Final = (
    ".dockerignore",
    "Dockerfile.kiosk",
    "kiosk_contracts",
    "kiosk_texts",
    "kiosk_ui",
    "pyproject.toml",
    "requirements",
    "tools",
)
_BAD: Final = "import time; time.sleep(5); raise SystemExit('kiosk-ui: the picture book is torn')"
_ENDS_SOON: Final = ("python3", "-c", _BAD)
_READY_S: Final = 30
_LAST_LINES: Final = 10
_PROGRESS: Final = ("image: ",)
"""How the lines begin in which the tools say what they do."""
_LISTENS: Final = re.compile(rb"listening on 127\.0\.0\.1:(\d+)")


class ImageError(Exception):
    """An image could not be made; the message is what said so."""


@dataclass(frozen=True, slots=True)
class Images:
    """The images by release, each `REPOSITORY@sha256:…`, and where they are pulled from."""

    port: int
    by_release: dict[str, str]


async def make_images(port: int, scratch: Path, say: Callable[[str], None]) -> Images:
    """Build and push all three; `scratch` is a folder that does not exist; `say` hears how it goes.

    Raises ImageError, with what `tools/image.py` or Docker says.
    """
    repository = f"127.0.0.1:{port}/kiosk-ui"
    first = await _built(repository, say=say)
    following = await _built(repository, "--source", str(changed_checkout(scratch)), say=say)
    bad = await _ending_soon(first, f"{repository}:bad")
    return Images(port, {FIRST: first, NEXT: following, BAD: bad})


def changed_checkout(folder: Path) -> Path:
    """Copy what the image is made of, with one line of the kiosk UI changed."""
    folder.mkdir(parents=True)
    for name in _SOURCES:
        source, copy = ROOT / name, folder / name
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, copy)
    screen = folder / _CHANGED
    text = screen.read_text(encoding="utf-8")
    was, is_now = (f'tr("{MARKS[release]}")' for release in (FIRST, NEXT))
    if was not in text:
        raise ImageError(f"{_CHANGED} has no {was} any more: name another line to change")
    screen.write_text(text.replace(was, is_now), encoding="utf-8")
    return folder


async def _built(repository: str, *words: str, say: Callable[[str], None]) -> str:
    command = [sys.executable, str(ROOT / "tools/image.py"), "kiosk", "--json"]
    told = await _said(*command, "--push", repository, *words, say=say)
    return str(json.loads(told)["digest"])


async def _ending_soon(image: str, name: str) -> str:
    """Push the same with another entry point: a kiosk UI that shows nothing, and ends."""
    made = (await _said("docker", "create", image)).strip()
    try:
        change = f"ENTRYPOINT {json.dumps(_ENDS_SOON)}"
        await _said("docker", "commit", "--change", change, made, name)
    finally:
        await _said("docker", "rm", made)
    await _said("docker", "push", "--quiet", name)
    told = await _said("docker", "image", "inspect", "--format", "{{json .RepoDigests}}", name)
    repository = name.rpartition(":")[0]
    return next(str(one) for one in json.loads(told) if one.startswith(f"{repository}@"))


async def forget_images(images: Images) -> None:
    """Take the names of a registry that will be gone from what this machine's Docker keeps."""
    listing = ("docker", "images", "--digests", "--format", "{{.Repository}} {{.Tag}} {{.Digest}}")
    told = await _said(*listing, f"127.0.0.1:{images.port}/*")
    names = set()
    for repository, tag, digest in (line.split() for line in told.splitlines()):
        names.add(f"{repository}@{digest}" if tag == "<none>" else f"{repository}:{tag}")
    if names:
        await _said("docker", "rmi", *sorted(names))


async def _said(*command: str, say: Callable[[str], None] = lambda _: None) -> str:
    """Run a command; return what it printed. Its own lines of progress are said aloud."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    if process.stdout is None or process.stderr is None:
        raise ImageError(f"{command[0]} has no output")
    last: deque[str] = deque(maxlen=_LAST_LINES)
    out, _ = await asyncio.gather(process.stdout.read(), _heard(process.stderr, last, say))
    if await process.wait() != 0:
        raise ImageError("\n".join([f"{' '.join(command[:3])} failed:", *last]))
    return out.decode()


async def _heard(
    stream: asyncio.StreamReader, last: deque[str], say: Callable[[str], None]
) -> None:
    async for raw in stream:
        line = raw.decode(errors="replace").rstrip()
        last.append(line)
        if line.startswith(_PROGRESS):
            say(line)


@asynccontextmanager
async def registry_in(folder: Path) -> AsyncIterator[int]:
    """Serve a registry that keeps all in a folder; yield its port. Raises ProcessError."""
    settings = {
        "version": "0.1",
        "log": {"level": "info", "formatter": "json"},
        "storage": {"filesystem": {"rootdirectory": str(folder / "kept")}},
        "http": {"addr": "127.0.0.1:0"},
    }
    # JSON is YAML, too.
    (folder / "registry.yml").write_text(json.dumps(settings))
    process = await asyncio.create_subprocess_exec(
        *("docker-registry", "serve", str(folder / "registry.yml")),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        # A person's Ctrl+C is ours to hear: the registry ends last.
        start_new_session=True,
    )
    if process.stderr is None:
        raise ProcessError("the registry has no standard error")
    reading: asyncio.Task[None] | None = None
    try:
        async with asyncio.timeout(_READY_S):
            port = await _port(process.stderr)
        # What it writes would block it if nobody read.
        reading = asyncio.create_task(_read_away(process.stderr))
        yield port
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        if reading is not None:
            await reading


async def _port(stream: asyncio.StreamReader) -> int:
    async for line in stream:
        if found := _LISTENS.search(line):
            return int(found[1])
    raise ProcessError("the registry ended before it listened")


async def _read_away(stream: asyncio.StreamReader) -> None:
    while await stream.read(65_536):
        pass
