"""Docker, asked by its socket, and what is said where it does not do what was asked."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NoReturn

import aiodocker
import aiohttp

from kiosk_agent.supervisor.ports import TOO_LONG, DockerAwayError, StartRefusedError

ASK_S: Final = 10.0
"""Docker answers in milliseconds; one that takes longer hangs."""
NOT_FOUND, NOT_MODIFIED, CONFLICT = 404, 304, 409
SO_ANYWAY: Final = frozenset({NOT_FOUND, NOT_MODIFIED, CONFLICT})
"""What is asked of something that is gone, is so already, or is in use."""


class _ClosingDocker(aiodocker.Docker):
    """Closes what is broken off.

    aiodocker 0.27 leaves the answer of a stream that is cancelled to the garbage collector, and
    Docker goes on pulling until then.
    """

    @asynccontextmanager
    async def _query(self, *args: Any, **named: Any) -> AsyncIterator[aiohttp.ClientResponse]:
        async with super()._query(*args, **named) as answer:
            try:
                yield answer
            except BaseException:
                answer.close()
                raise


def docker_at(socket: Path) -> aiodocker.Docker:
    """Return a client, which is an async context manager; it connects when it asks."""
    timeout = aiohttp.ClientTimeout(total=ASK_S)
    return _ClosingDocker(url=f"unix://{socket}", timeout=timeout)


@asynccontextmanager
async def answers(*, fine: Collection[int] = (), starts: bool = False) -> AsyncIterator[None]:
    """Raise DockerAwayError for whatever goes wrong but an answer of a `fine` status.

    `starts`: a refusal is a StartRefusedError.
    """
    try:
        yield
    except aiodocker.DockerError as error:
        if starts and error.status != CONFLICT:
            raise StartRefusedError(f"{error.status}: {error.message}") from error
        if error.status not in fine:
            _away(f"{error.status}: {error.message}", error)
    except TimeoutError as error:
        _away(TOO_LONG, error)
    except (aiohttp.ClientError, OSError, ValueError, KeyError, TypeError) as error:
        _away(str(error) or type(error).__name__, error)


def _away(why: str, error: Exception) -> NoReturn:
    raise DockerAwayError(why) from error
