"""An image that no build made: its parts are put together here and put into a registry."""

import gzip
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.request import Request, urlopen

from tests.support.containers.registry import MANIFEST, Registry

_CONFIG = "application/vnd.docker.container.image.v1+json"
_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"


@dataclass(frozen=True, slots=True)
class PushedImage:
    """What Docker has never seen: its layers are of chance."""

    repository: str
    digest: str
    config_digest: str
    blobs: Sequence[bytes] = field(repr=False)
    """Its layers, packed."""
    diff_ids: Sequence[str] = field(repr=False)
    size: int
    """Bytes of all its parts."""
    manifest_size: int

    @property
    def layers(self) -> list[str]:
        """The digests of its layers."""
        return [_digest(blob) for blob in self.blobs]

    def at(self, place: str) -> str:
        """Return its name at a registry, or at what stands before one."""
        return f"{place}/{self.repository}@{self.digest}"


def push_image(
    registry: Registry,
    *sizes: int,
    repository: str = "pulls/kiosk-ui",
    architecture: str = "amd64",
    upon: PushedImage | None = None,
) -> PushedImage:
    """Push an image with a layer of each size; `upon`: behind another's layers but its last."""
    tars = [_tar(f"layer-{number}", size) for number, size in enumerate(sizes)]
    blobs = [*(upon.blobs[:-1] if upon else ()), *(gzip.compress(one, 1, mtime=0) for one in tars)]
    diff_ids = [*(upon.diff_ids[:-1] if upon else ()), *map(_digest, tars)]
    config = json.dumps(
        {
            "architecture": architecture,
            "os": "linux",
            "config": {"Labels": {"eventpro.test": "pulls"}},
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
        }
    ).encode()
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": _part(_CONFIG, config),
            "layers": [_part(_LAYER, blob) for blob in blobs],
        }
    ).encode()
    base = f"http://{registry.place}/v2/{repository}"
    for blob in (config, *blobs):
        _upload(base, blob)
    _put(f"{base}/manifests/{_digest(manifest)}", manifest, MANIFEST)
    return PushedImage(
        repository,
        _digest(manifest),
        _digest(config),
        blobs,
        diff_ids,
        sum(len(part) for part in (manifest, config, *blobs)),
        len(manifest),
    )


def push_index(registry: Registry, **images: PushedImage) -> str:
    """Push an index of images by their architecture, all of one repository; return its name."""
    [repository] = {one.repository for one in images.values()}
    kind = "application/vnd.docker.distribution.manifest.list.v2+json"
    named = [
        {
            "mediaType": MANIFEST,
            "digest": one.digest,
            "size": one.manifest_size,
            "platform": {"os": "linux", "architecture": architecture},
        }
        for architecture, one in images.items()
    ]
    raw = json.dumps({"schemaVersion": 2, "mediaType": kind, "manifests": named}).encode()
    _put(f"http://{registry.place}/v2/{repository}/manifests/{_digest(raw)}", raw, kind)
    return f"{registry.place}/{repository}@{_digest(raw)}"


def _tar(name: str, size: int) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = size
        tar.addfile(entry, io.BytesIO(os.urandom(size)))
    return stream.getvalue()


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _part(kind: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": kind, "size": len(content), "digest": _digest(content)}


def _upload(base: str, blob: bytes) -> None:
    begun = Request(f"{base}/blobs/uploads/", method="POST")  # noqa: S310  http, on loopback
    with urlopen(begun) as answer:  # noqa: S310  http, on loopback
        place = answer.headers["Location"]
    joined = "&" if "?" in place else "?"
    _put(f"{place}{joined}digest={_digest(blob)}", blob, "application/octet-stream")


def _put(url: str, body: bytes, kind: str) -> None:
    request = Request(url, body, {"Content-Type": kind}, method="PUT")  # noqa: S310  the same
    with urlopen(request):  # noqa: S310  http, on loopback
        pass
