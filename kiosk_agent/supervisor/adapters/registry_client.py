"""A registry, asked for manifests, and for layers from any byte on.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

import hashlib
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final, Self

import aiohttp

from kiosk_agent.supervisor.domain.pulling import Image
from kiosk_agent.supervisor.ports import LoginRefusedError, PullFailedError, RegistryLogin

MANIFEST_KINDS: Final = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
)
MOST_MANIFEST_BYTES: Final = 4 * 1024 * 1024
PIECE_BYTES: Final = 64 * 1024
_LOCAL: Final = re.compile(r"localhost|127(\.\d{1,3}){3}")
_CONNECT_S: Final = 30.0
_SILENCE_S: Final = 60.0
"""A connection of which nothing comes for so long is cut, and begun anew where it ended."""
_OK, _PART, _NOT_ALLOWED, _NOT_FOUND = 200, 206, {401, 403}, 404


class RegistryClient:
    """Asks registries as one image's login says. Use it as an async context manager."""

    def __init__(self, proxy: str = "") -> None:
        self._proxy = proxy

    async def __aenter__(self) -> Self:
        """Make the client; it connects when it asks."""
        self._http = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=_CONNECT_S, sock_read=_SILENCE_S
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            # Layers come as they are: their digests are of what is sent.
            auto_decompress=False,
            trust_env=False,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close it."""
        await self._http.close()

    async def manifest(
        self, image: Image, digest: str, login: RegistryLogin | None
    ) -> tuple[str, bytes]:
        """Return kind and text of a manifest, whose digest it has. Raises PullFailedError."""
        headers = {"Accept": ", ".join(MANIFEST_KINDS)}
        async with self._get(image, f"manifests/{digest}", login, headers) as answer:
            body = b""
            while piece := await answer.content.read(PIECE_BYTES):
                body += piece
                if len(body) > MOST_MANIFEST_BYTES:
                    raise PullFailedError("its manifest is longer than any of an image")
            kind = answer.content_type
        if f"sha256:{hashlib.sha256(body).hexdigest()}" != digest:
            raise PullFailedError("its manifest came damaged: it has another digest")
        return kind, body

    @asynccontextmanager
    async def blob(
        self, image: Image, digest: str, login: RegistryLogin | None, begin: int
    ) -> AsyncGenerator[tuple[int, aiohttp.StreamReader]]:
        """Open a layer at a byte; give at which byte it really begins. Raises PullFailedError."""
        headers = {"Range": f"bytes={begin}-"} if begin else {}
        async with self._get(image, f"blobs/{digest}", login, headers) as answer:
            yield (begin if answer.status == _PART else 0), answer.content

    @asynccontextmanager
    async def _get(
        self, image: Image, path: str, login: RegistryLogin | None, headers: dict[str, str]
    ) -> AsyncGenerator[aiohttp.ClientResponse]:
        local = _is_local(image.registry)
        url = f"{'http' if local else 'https'}://{image.registry}/v2/{image.repository}/{path}"
        if login is not None:
            # ECR takes it so; on its way to where the layers are kept aiohttp leaves it out.
            said = aiohttp.encode_basic_auth(login.username, login.password)
            headers = {**headers, "Authorization": said}
        try:
            async with self._http.get(
                url, headers=headers, proxy=None if local else self._proxy or None
            ) as answer:
                if answer.status not in {_OK, _PART}:
                    raise _refusal(image, answer.status, login)
                yield answer
        except TimeoutError as error:
            raise PullFailedError(f"{image.registry} says nothing any more") from error
        except (aiohttp.ClientError, OSError) as error:
            why = str(error) or type(error).__name__
            raise PullFailedError(f"{image.registry}: {why}") from error


def _is_local(registry: str) -> bool:
    """Say whether a registry is on this host, where Docker, too, asks it without TLS."""
    return _LOCAL.fullmatch(registry.partition(":")[0]) is not None


def _refusal(image: Image, status: int, login: RegistryLogin | None) -> PullFailedError:
    if status in _NOT_ALLOWED and login is not None:
        return LoginRefusedError(f"{image.registry} does not give it to the host's role ({status})")
    if status in _NOT_ALLOWED:
        who = "this host, which has no login there"
        return PullFailedError(f"{image.registry} does not give it to {who} ({status})")
    if status == _NOT_FOUND:
        what = f"{image.repository} by that digest"
        return PullFailedError(f"{image.registry} has not {what} ({status})")
    return PullFailedError(f"{image.registry} answers {status}")
