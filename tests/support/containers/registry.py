"""Debian's docker-registry on loopback; it stands for ECR."""

import json
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_READY_S = 30


@dataclass(frozen=True, slots=True)
class Registry:
    """A registry that serves; Docker trusts one on loopback without TLS."""

    place: str
    """Host and port, as an image's name begins."""
    folder: Path = Path()
    """Where it keeps all."""

    def manifest(self, image: str) -> dict[str, Any]:
        """Return the manifest of `REPOSITORY@DIGEST`."""
        manifest: dict[str, Any] = json.loads(self._manifest(image))
        return manifest

    def moved(self, image: str, had: str) -> int:
        """Fetch what a host that has `had` lacks of `image`, as Docker does; return the bytes.

        Both are `REPOSITORY@DIGEST`. Layers come as the registry sends them, compressed.
        """
        repository, _ = self._parts(image)
        raw = self._manifest(image)
        kept = {one["digest"] for one in self.manifest(had)["layers"]}
        wanted = json.loads(raw)
        lacked = [one for one in wanted["layers"] if one["digest"] not in kept]
        blobs = [one["digest"] for one in [wanted["config"], *lacked]]
        return len(raw) + sum(len(self._get(f"{repository}/blobs/{one}")) for one in blobs)

    def spoil(self, digest: str) -> None:
        """Turn a bit in the middle of a blob that is kept."""
        word = digest.removeprefix("sha256:")
        path = self.folder / f"docker/registry/v2/blobs/sha256/{word[:2]}/{word}/data"
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)

    def _manifest(self, image: str) -> bytes:
        repository, digest = self._parts(image)
        return self._get(f"{repository}/manifests/{digest}")

    def _parts(self, image: str) -> tuple[str, str]:
        repository, _, digest = image.removeprefix(f"{self.place}/").partition("@")
        return repository, digest

    def _get(self, path: str) -> bytes:
        url = f"http://{self.place}/v2/{path}"
        request = Request(url, headers={"Accept": MANIFEST})
        with urlopen(request) as answer:  # noqa: S310  http, on loopback
            body: bytes = answer.read()
        return body


@contextmanager
def registry_in(folder: Path, **more: Any) -> Iterator[Registry]:
    """Serve a registry that keeps all in a folder, on a port of its own; `more`: settings."""
    place = f"127.0.0.1:{_free_port()}"
    settings = folder / "registry.yml"
    # JSON is YAML, too.
    settings.write_text(
        json.dumps(
            {
                "version": "0.1",
                "log": {"level": "info", "formatter": "json"},
                "storage": {"filesystem": {"rootdirectory": str(folder / "kept")}},
                "http": {"addr": place},
                **more,
            }
        )
    )
    process = subprocess.Popen(
        ["docker-registry", "serve", str(settings)], stderr=subprocess.PIPE, stdout=subprocess.PIPE
    )
    said = _Said(process)
    try:
        assert said.ready.wait(_READY_S), said.lines
        yield Registry(place, folder / "kept")
    finally:
        _forget_images(place)
        process.kill()
        process.wait()
        said.end()


def _forget_images(place: str) -> None:
    """Take the names of a registry that will be gone from what Docker keeps."""
    listing = ["docker", "images", "--digests", "--format", "{{.Repository}} {{.Tag}} {{.Digest}}"]
    told = subprocess.run(
        [*listing, f"{place}/*"], capture_output=True, text=True, check=True
    ).stdout
    names = set()
    for repository, tag, digest in (line.split() for line in told.splitlines()):
        names.add(f"{repository}@{digest}" if tag == "<none>" else f"{repository}:{tag}")
    if names:
        subprocess.run(["docker", "rmi", *names], stdout=subprocess.DEVNULL, check=False)


class _Said:
    """What the registry has written, which would block it if nobody read."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.ready = threading.Event()
        self.lines: list[bytes] = []
        self._pipes = [pipe for pipe in (process.stdout, process.stderr) if pipe is not None]
        self._threads = [threading.Thread(target=self._read, args=[pipe]) for pipe in self._pipes]
        for thread in self._threads:
            thread.start()

    def _read(self, pipe: Any) -> None:
        for line in pipe:
            self.lines.append(line)
            if b"listening on" in line:
                self.ready.set()

    def end(self) -> None:
        for thread in self._threads:
            thread.join()
        for pipe in self._pipes:
            pipe.close()


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
