"""The fleet service, as operators ask it."""

from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import aiohttp
from pydantic import ValidationError

from kiosk_contracts.enrolment import ActivationPage, ActivationStanding, NewActivation
from kiosk_contracts.problem import Problem
from kiosk_contracts.venues import Venue, VenuePage, VenueStanding
from kiosk_contracts.version import OPS_TOKEN_HEADER, PROTOCOL_HEADER, PROTOCOL_VERSION
from kiosk_contracts.wire import WireModel
from provisioning.refusing import RefusedError

M = TypeVar("M", bound=WireModel)
_TIMEOUT_S: Final = 30
_FIRST_REFUSAL: Final = 300
_OTHER: Final = "Check --fleet-url; nothing of it is known to have been changed."


class FleetOffice:
    """Asks the fleet service in an operator's name. Use it as an async context manager."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url.rstrip("/")
        self._token = token

    async def __aenter__(self) -> Self:
        """Make the client."""
        self._http = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S),
            headers={
                OPS_TOKEN_HEADER: self._token,
                PROTOCOL_HEADER: str(PROTOCOL_VERSION),
            },
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        await self._http.close()

    async def put_venue(self, venue: Venue) -> VenueStanding:
        """Open a venue, or change it."""
        path = f"/v1/ops/venues/{venue.venue_id}"
        return _read(VenueStanding, await self._ask("PUT", path, venue.to_json()))

    async def venue(self, venue_id: str) -> VenueStanding:
        """Return a venue."""
        return _read(VenueStanding, await self._ask("GET", f"/v1/ops/venues/{venue_id}"))

    async def venues(self) -> AsyncIterator[VenueStanding]:
        """Yield all venues, by their ids."""
        after: str | None = ""
        while after is not None:
            page = _read(VenuePage, await self._ask("GET", f"/v1/ops/venues?after={after}"))
            for one in page.venues:
                yield one
            after = page.next_after

    async def remove_venue(self, venue_id: str) -> None:
        """Close a venue."""
        await self._ask("DELETE", f"/v1/ops/venues/{venue_id}")

    async def add_activation(self, activation: NewActivation) -> ActivationStanding:
        """Tell of an activation."""
        told = await self._ask("POST", "/v1/ops/activations", activation.to_json())
        return _read(ActivationStanding, told)

    async def activations(self) -> AsyncIterator[ActivationStanding]:
        """Yield all activations, by their ids."""
        after: str | None = ""
        while after is not None:
            told = await self._ask("GET", f"/v1/ops/activations?after={after}")
            page = _read(ActivationPage, told)
            for one in page.activations:
                yield one
            after = page.next_after

    async def revoke_activation(self, activation_id: str) -> ActivationStanding:
        """Let an activation enrol nobody more."""
        path = f"/v1/ops/activations/{activation_id}/revoke"
        return _read(ActivationStanding, await self._ask("POST", path))

    async def _ask(self, method: str, path: str, body: Any = None) -> bytes:
        try:
            async with self._http.request(
                method, self._url + path, json=body, allow_redirects=False
            ) as answer:
                content = await answer.read()
                if answer.status >= _FIRST_REFUSAL:
                    raise _refusal(answer.status, content)
                return content
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            why = str(error) or type(error).__name__
            what = f"the fleet service at {self._url} does not answer: {why}"
            raise RefusedError(what, _OTHER) from error


def _read(model: type[M], content: bytes) -> M:
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        raise RefusedError("what answers is no fleet service, or a newer one", _OTHER) from error


def _refusal(status: int, content: bytes) -> RefusedError:
    try:
        problem = Problem.model_validate_json(content)
    except ValidationError:
        return RefusedError(f"what answers is no fleet service: it answered {status}", _OTHER)
    return RefusedError(f"{problem.title}: {problem.detail}".rstrip(": "), problem.hint)
