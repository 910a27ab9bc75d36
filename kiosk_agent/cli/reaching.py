"""How a command reaches the agent: by its admin socket; if none runs, the journal by its lock."""

import argparse
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

import aiohttp
from pydantic import ValidationError

from kiosk_agent.adapters.journal.read_only import ReadOnlyJournal, open_read_only
from kiosk_agent.adapters.lock_file import LOCK_NAME, journal_lock
from kiosk_agent.settings import AgentSettings, load_settings
from kiosk_contracts.problem import Problem, ProblemCode, ProblemError
from kiosk_contracts.version import PROTOCOL_HEADER, PROTOCOL_VERSION

DEFAULT_CONFIG: Final = Path("/etc/eventpro/agent.toml")
_TIMEOUT_S: Final = 30.0
_FIRST_REFUSAL: Final = 300


class AgentAwayError(Exception):
    """Nobody answers at the admin socket."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a kiosk's agent is to be found. Without settings only a running one can be asked."""

    admin_socket: Path
    settings: AgentSettings | None


def find_place(options: argparse.Namespace) -> Place:
    """Return where to look, by `--admin-socket` or the settings. Raises SettingsError."""
    if options.admin_socket is not None:
        return Place(options.admin_socket, None)
    settings = load_settings(config_of(options))
    return Place(settings.admin_socket, settings)


def config_of(options: argparse.Namespace) -> Path | None:
    """Return the settings file: the one named, or the usual one if it is there."""
    named: Path | None = options.config
    return named or (DEFAULT_CONFIG if DEFAULT_CONFIG.exists() else None)


@asynccontextmanager
async def admin(place: Place) -> AsyncIterator[aiohttp.ClientSession]:
    """Open a client for the admin socket; what it can't reach is AgentAwayError."""
    try:
        async with aiohttp.ClientSession(
            "http://agent",
            connector=aiohttp.UnixConnector(str(place.admin_socket)),
            timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S),
            headers={PROTOCOL_HEADER: str(PROTOCOL_VERSION)},
        ) as session:
            yield session
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, PermissionError):
            raise _not_allowed(place) from error
        raise AgentAwayError(str(place.admin_socket)) from error
    except aiohttp.ClientConnectionError as error:
        raise AgentAwayError(str(place.admin_socket)) from error
    except TimeoutError as error:
        raise _no_answer(place) from error


async def ask(place: Place, method: str, path: str, body: Any = None) -> Any:
    """Return the answer's JSON. Raises AgentAwayError, and ProblemError for a refusal."""
    async with admin(place) as session, session.request(method, path, json=body) as response:
        await refuse_problems(response)
        return await response.json()


async def refuse_problems(response: aiohttp.ClientResponse) -> None:
    """Raise the ProblemError that a refusal's body tells of."""
    if response.status < _FIRST_REFUSAL:
        return
    try:
        problem = Problem.model_validate_json(await response.read())
    except ValidationError:
        problem = Problem(
            title="The agent refuses", status=response.status, code=ProblemCode.INTERNAL_ERROR
        )
    raise_problem(problem)


def raise_problem(problem: Problem) -> NoReturn:
    """Raise the ProblemError that a problem body tells of."""
    raise ProblemError(
        problem.status, problem.code, problem.title, detail=problem.detail, hint=problem.hint
    )


@asynccontextmanager
async def resting_journal(settings: AgentSettings) -> AsyncIterator[ReadOnlyJournal | None]:
    """Open the journal of an agent that is down, under its lock; None if there is none yet.

    Raises ProblemError `journal_locked` if a process holds the lock after all.
    """
    if not settings.journal_path.exists() or not settings.journal_path.stat().st_size:
        yield None
        return
    with _lock_of(settings):
        async with open_read_only(settings.journal_path) as journal:
            yield journal


def _lock_of(settings: AgentSettings) -> AbstractContextManager[None]:
    # A journal that was put back has no lock file; one made here by root would shut the agent out.
    if not (settings.state_dir / LOCK_NAME).exists():
        return nullcontext()
    return journal_lock(settings.state_dir, "kiosk-agent command")


def _not_allowed(place: Place) -> ProblemError:
    return ProblemError(
        403,
        ProblemCode.NOT_ALLOWED,
        "The admin socket is for root",
        detail=f"{place.admin_socket} may not be opened by this user.",
        hint="Run the command as root, or as the user of the agent.",
    )


def _no_answer(place: Place) -> ProblemError:
    return ProblemError(
        504,
        ProblemCode.AGENT_STARTING,
        "The agent does not answer",
        detail=f"{place.admin_socket} took the request and gave no answer in {_TIMEOUT_S:.0f} s.",
        hint="Look at its log: journalctl -u kiosk-agent.",
        retryable=True,
    )
