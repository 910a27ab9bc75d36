"""A registry on this host's loopback, between Docker and the one that has an image.

Docker throws away every layer of a pull that failed and has no limit to its rate
(https://github.com/moby/moby/issues/26146). So it pulls from here: what has come is kept, and is
gone on with from the byte where the line was cut, also after a restart. Docker itself says which
layers it lacks, and checks each one's digest.
"""

import json
import re
import secrets
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Final, Self

import structlog
from aiohttp import web

from kiosk_agent.ports.clock import Clock
from kiosk_agent.supervisor.adapters.blob_folder import BlobFolder
from kiosk_agent.supervisor.adapters.layers import Layers, LayerSource
from kiosk_agent.supervisor.adapters.registry_client import RegistryClient
from kiosk_agent.supervisor.domain.pulling import Image
from kiosk_agent.supervisor.ports import DockerDisk, PullFailedError, RegistryLogin

log = structlog.get_logger(__name__)

_RANGE: Final = re.compile(r"bytes=(\d{1,15})-")
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
_MOST_BLOB_BYTES: Final = 20_000_000_000
_MOST_MANIFESTS: Final = 20


@dataclass
class _Source(LayerSource):
    """The image that Docker may have now, and what its manifests name."""

    manifests: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """Kind and text of each, by digest."""
    blobs: dict[str, int] = field(default_factory=dict)
    """Their lengths."""
    gave_up: str = ""
    """Why a layer of it was given up for now; empty if none was."""


class RegistryRelay:
    """Serves one image at a time, to whoever asks on loopback: no more than its own parts."""

    def __init__(
        self,
        client: RegistryClient,
        folder: BlobFolder,
        disk: DockerDisk,
        clock: Clock,
        bytes_per_s: int = 0,
    ) -> None:
        """`bytes_per_s`: how much is fetched at most; 0: as fast as it comes."""
        self._client = client
        self._layers = Layers(client, folder, disk, clock, bytes_per_s)
        self._source: _Source | None = None
        # Whoever else is on this host may reach the port, and not what is behind it.
        self._secret = secrets.token_hex(16)
        self.place = ""
        """`127.0.0.1:PORT`."""

    async def __aenter__(self) -> Self:
        """Listen on a port of its own."""
        app = web.Application()
        app.router.add_get("/v2/", _here)
        name = f"/v2/{self._secret}/{{name:.+}}"
        app.router.add_get(f"{name}/manifests/{{digest}}", self._manifest)
        app.router.add_get(f"{name}/blobs/{{digest}}", self._blob)
        # Whoever goes away ends what was fetched for them.
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.place = "127.0.0.1:" + str(self._runner.addresses[0][1])
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close it."""
        await self._runner.cleanup()
        await self._layers.end()

    async def begin(self, image: Image, login: RegistryLogin | None, platform: str) -> str:
        """Serve an image, and none that was served before; return the name to pull it by.

        Its manifests are fetched here: Docker keeps those that it has seen, and asks for the parts
        alone. Of an index, those of `platform` are. Raises PullFailedError.
        """
        source = _Source(image, login)
        await self._learn(source, image.digest, platform)
        self._source = source
        return f"{self.place}/{self._secret}/{image.repository}@{image.digest}"

    async def _learn(self, source: _Source, digest: str, platform: str) -> None:
        kind, body = await self._client.manifest(source.image, digest, source.login)
        source.manifests[digest] = (kind, body)
        for named in _names_of(source, body, platform):
            if named not in source.manifests and len(source.manifests) <= _MOST_MANIFESTS:
                await self._learn(source, named, platform)

    def forget_parts(self) -> None:
        """Give back the room of all that is here of the image that is served. OSError."""
        if self._source is not None:
            self._layers.drop(self._source.blobs)

    @property
    def why(self) -> str:
        """What went wrong last with the image that is served; empty if nothing did."""
        source = self._source
        return "" if source is None else source.gave_up or source.why

    @property
    def gave_up(self) -> bool:
        """Whether a layer of it was given up for now."""
        return self._source is not None and bool(self._source.gave_up)

    @property
    def is_fetching(self) -> bool:
        """Whether any layer is on its way."""
        return self._layers.is_fetching

    # Serving

    async def _manifest(self, request: web.Request) -> web.Response:
        digest, source = request.match_info["digest"], self._source
        if source is None or digest not in source.manifests:
            raise web.HTTPNotFound
        kind, body = source.manifests[digest]
        headers = {"Content-Type": kind, "Docker-Content-Digest": digest}
        return web.Response(body=body, headers=headers)

    async def _blob(self, request: web.Request) -> web.StreamResponse:
        digest, source = request.match_info["digest"], self._source
        length = source.blobs.get(digest) if source is not None else None
        if source is None or length is None:
            raise web.HTTPNotFound
        asked = _RANGE.fullmatch(request.headers.get("Range", ""))
        begin = min(int(asked[1]), length) if asked else 0
        answer = web.StreamResponse(status=206 if asked else 200)
        answer.content_length = length - begin
        if asked:
            answer.headers["Content-Range"] = f"bytes {begin}-{length - 1}/{length}"
        await answer.prepare(request)
        try:
            async with aclosing(self._layers.pieces(source, digest, begin, length)) as pieces:
                async for piece in pieces:
                    await answer.write(piece)
        except (PullFailedError, OSError) as error:
            source.gave_up = source.gave_up or str(error)
            log.info("pull_cut", image=source.image.name, layer=digest, why=str(error))
            # Cut off in the middle, so that nobody takes it for all of it.
            if request.transport is not None:
                request.transport.abort()
        return answer


async def _here(request: web.Request) -> web.Response:
    del request
    return web.json_response({})


def _names_of(source: _Source, body: bytes, platform: str) -> list[str]:
    """Let Docker have what a manifest names; return the manifests of this platform among it.

    Raises PullFailedError.
    """
    try:
        said = json.loads(body)
        named = [
            str(one["digest"])
            for one in said.get("manifests", ())
            if f"{one['platform']['os']}/{one['platform']['architecture']}" == platform
        ]
        parts: list[Mapping[str, Any]] = [*said.get("layers", ())]
        if "config" in said:
            parts.append(said["config"])
        lengths = {str(one["digest"]): int(one["size"]) for one in parts}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise PullFailedError("its manifest can't be read") from error
    if not all(_DIGEST.fullmatch(one) for one in (*named, *lengths)):
        raise PullFailedError("its manifest names something that is no digest")
    if not all(0 <= length < _MOST_BLOB_BYTES for length in lengths.values()):
        raise PullFailedError("its manifest names a layer that is larger than any")
    source.blobs.update(lengths)
    return named
