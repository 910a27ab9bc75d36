"""Serves the installer and what it installs, each with its signature.

The script is under the name that AWS's has in its bucket, by path and by host name; the rest is
under the region's own paths.
"""

import asyncio
import io
import re
import tarfile
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeVar

from aiohttp import web

from local_region.installer.signing import NoGpgError, Signer

SCRIPTS: Final = Path(__file__).with_name("scripts")
NAME: Final = "ecs-anywhere-install-latest.sh"
PREFIX: Final = "/_region/installer"
_KEYS: Final = "/aws/amazon-ecs-agent/master/scripts/{name:amazon-(ssm|ecs)-agent[.]gpg}"
"""Where the installer fetches keys, at raw.githubusercontent.com."""
_EXEC: Final = "amazon-ssm-agent-binaries.tar.gz"
_EXEC_PARTS: Final = ("amazon-ssm-agent", "ssm-agent-worker", "ssm-session-worker")
# It is written into a shell script.
_HOST: Final = re.compile(r"[A-Za-z0-9.:\[\]-]{1,255}")
T = TypeVar("T")
_PARTS: Final = {
    NAME: "ecs-anywhere-install.sh",
    "amazon-ssm-agent": "amazon-ssm-agent.sh",
    "amazon-ecs-init": "amazon_ecs_init.py",
}


class Installer:
    """Answers for the installer's files."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        # gpg signs one thing at a time, and a file's signature is the same at every request.
        self._lock = asyncio.Lock()
        self._signatures: dict[bytes, bytes] = {}

    def routes(self) -> list[web.RouteDef]:
        """Return the routes, for the app."""
        handlers: dict[str, Callable[[web.Request], Awaitable[web.Response]]] = {
            PREFIX: self._about,
            f"{PREFIX}/key.asc": self._key,
            _KEYS: self._key,
            f"{PREFIX}/{_EXEC}": _exec_binaries,
            f"{PREFIX}/{{name}}": self._part,
        }
        for place in (f"/{NAME}", f"/{{bucket:amazon-ecs-agent(-[a-z0-9-]+)?}}/{NAME}"):
            handlers[place] = handlers[f"{place}.asc"] = self._script
        return [web.get(path, handler) for path, handler in handlers.items()]

    async def running(self, _app: web.Application) -> AsyncIterator[None]:
        """End gpg when the app ends."""
        yield
        await asyncio.to_thread(self._signer.close)

    async def _about(self, request: web.Request) -> web.Response:
        base = f"{request.scheme}://{request.host}"
        return web.json_response(
            {
                "script": f"{base}/{NAME}",
                "signature": f"{base}/{NAME}.asc",
                "key": f"{base}{PREFIX}/key.asc",
                "fingerprint": await self._signed(self._signer.fingerprint),
            }
        )

    async def _key(self, _request: web.Request) -> web.Response:
        return web.Response(body=await self._signed(self._signer.public_key))

    async def _script(self, request: web.Request) -> web.Response:
        return await self._file(request, request.path.rpartition("/")[2])

    async def _part(self, request: web.Request) -> web.Response:
        return await self._file(request, request.match_info["name"])

    async def _file(self, request: web.Request, name: str) -> web.Response:
        wanted = name.removesuffix(".asc")
        if wanted not in _PARTS:
            raise web.HTTPNotFound(text=f"the installer has no {name}")
        if not _HOST.fullmatch(request.host):
            raise web.HTTPBadRequest(text="that Host header is none")
        content = _rendered(wanted, f"{request.scheme}://{request.host}")
        if wanted == name:
            return web.Response(body=content)
        if content not in self._signatures:
            self._signatures[content] = await self._signed(lambda: self._signer.signature(content))
        return web.Response(body=self._signatures[content])

    async def _signed(self, work: Callable[[], T]) -> T:
        async with self._lock:
            try:
                return await asyncio.to_thread(work)
            except NoGpgError as error:
                raise web.HTTPServiceUnavailable(text=str(error)) from error


async def _exec_binaries(_request: web.Request) -> web.Response:
    """Answer what execute-command needs, as AWS does: without a signature."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name in _EXEC_PARTS:
            content = f'#!/bin/sh\necho "{name}: a stand-in of a local region"\nexit 1\n'.encode()
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755
            tar.addfile(entry, io.BytesIO(content))
    return web.Response(body=packed.getvalue())


@lru_cache(maxsize=32)
def _rendered(name: str, url: str) -> bytes:
    return (SCRIPTS / _PARTS[name]).read_text().replace("@URL@", url).encode()
