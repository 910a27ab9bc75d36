"""Docker, asked by its socket, and what is said where it does not do what was asked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, NoReturn

import aiodocker
import aiohttp

from kiosk_agent.supervisor.ports import TOO_LONG, DockerAwayError, StartRefusedError

ASK_S: Final = 10.0
"""Docker answers in milliseconds; one that takes longer hangs."""
_NOT_FOUND, _NOT_MODIFIED, _CONFLICT = 404, 304, 409


def docker_at(socket: Path) -> aiodocker.Docker:
    """Return a client, which is an async context manager; it connects when it asks."""
    timeout = aiohttp.ClientTimeout(total=ASK_S)
    return aiodocker.Docker(url=f"unix://{socket}", timeout=timeout)


@asynccontextmanager
async def answers(*, gone_is_fine: bool = False, starts: bool = False) -> AsyncIterator[None]:
    """Raise DockerAwayError for whatever goes wrong; `gone_is_fine`: but for what is so anyway.

    `starts`: a refusal is a StartRefusedError.
    """
    try:
        yield
    except aiodocker.DockerError as error:
        fine = error.status in {_NOT_FOUND, _NOT_MODIFIED, _CONFLICT}
        if starts and error.status != _CONFLICT:
            raise StartRefusedError(f"{error.status}: {error.message}") from error
        if not (gone_is_fine and fine):
            _away(f"{error.status}: {error.message}", error)
    except TimeoutError as error:
        _away(TOO_LONG, error)
    except (aiohttp.ClientError, OSError, ValueError, KeyError, TypeError) as error:
        _away(str(error) or type(error).__name__, error)


def _away(why: str, error: Exception) -> NoReturn:
    raise DockerAwayError(why) from error
