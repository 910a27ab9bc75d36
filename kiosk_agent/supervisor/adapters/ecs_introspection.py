"""The ECS agent's introspection API, on this host's loopback.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-agent-introspection.html
"""

from typing import Final, Self

import aiohttp

_ASK_S: Final = 2.0
_OK: Final = 200


class EcsIntrospection:
    """Adapter of EcsAgent. Use it as an async context manager."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def __aenter__(self) -> Self:
        """Make the client; it connects when it asks."""
        self._http = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=_ASK_S), cookie_jar=aiohttp.DummyCookieJar()
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close it."""
        await self._http.close()

    async def away(self) -> str:
        """Return why it does not answer; empty if it does."""
        try:
            async with self._http.get(f"{self._url}/v1/metadata", allow_redirects=False) as answer:
                return "" if answer.status == _OK else f"it answers {answer.status}"
        except TimeoutError:
            return "it took too long"
        except (aiohttp.ClientError, OSError) as error:
            return str(error) or type(error).__name__
