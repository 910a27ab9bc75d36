"""The agent's admin socket, as the supervisor uses it: proofs, screens, images, repairs."""

import asyncio
import io
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from uuid import UUID

import aiohttp
from pydantic import ValidationError

from kiosk_agent.supervisor.ports import AgentAwayError, ScreenRefusedError
from kiosk_contracts.commands import CommandOutcome, CommandToRun
from kiosk_contracts.images import ImagesSeen, ImagesWanted
from kiosk_contracts.problem import Problem
from kiosk_contracts.proving import ProofMade, ProofNotMade, ProofWanted
from kiosk_contracts.repairs import HostRepair, RepairsHeard, RepairsReport
from kiosk_contracts.screens import ScreensSeen, TakeScreen
from kiosk_contracts.ui_report import UiReport
from kiosk_contracts.version import PROTOCOL_HEADER, PROTOCOL_VERSION

WAIT_S: Final = 25
"""How long the agent may let a question for what it wants stand open."""
_OVER_S: Final = 10
LOOK_S: Final = 2.5
"""An agent that does not say who has the screen by then hangs."""
_MOST_BYTES: Final = 64 * 1024
_OK, _NOTHING, _GONE = 200, 204, 404


class HttpAgentDoor:
    """Adapter of AgentDoor, AgentScreens, AgentImages, RepairsDesk: an async context manager."""

    def __init__(self, admin_socket: Path) -> None:
        self._socket = admin_socket

    async def __aenter__(self) -> Self:
        """Make the client; it connects when it asks."""
        self._http = aiohttp.ClientSession(
            "http://agent",
            connector=aiohttp.UnixConnector(str(self._socket)),
            timeout=aiohttp.ClientTimeout(total=WAIT_S + _OVER_S),
            headers={PROTOCOL_HEADER: str(PROTOCOL_VERSION)},
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

    async def wanted(self) -> ProofWanted | None:
        """Return what the agent wants signed; None if it wanted nothing for a while."""
        status, body = await self._ask("GET", f"/v1/proofs/wanted?wait_s={WAIT_S}")
        if status == _NOTHING:
            return None
        if status != _OK:
            raise AgentAwayError(f"it answered {status}")
        try:
            return ProofWanted.model_validate_json(body)
        except ValidationError:
            raise AgentAwayError("its answer can't be read") from None

    async def give(self, request_id: UUID, answer: ProofMade | ProofNotMade) -> None:
        """Answer it; an agent that wants it no more is no failure."""
        made = isinstance(answer, ProofMade)
        path = f"/v1/proofs/{request_id}" if made else f"/v1/proofs/{request_id}/refusal"
        body = answer.revealed() if isinstance(answer, ProofMade) else answer.to_json()
        status, _ = await self._ask("PUT", path, body)
        if status not in {_NOTHING, _GONE}:
            raise AgentAwayError(f"it answered {status}")

    async def screens(self) -> ScreensSeen:
        """Return the kiosk UIs that report to the agent, and which of them answers keys."""
        status, body = await self._ask("GET", "/v1/screens", within_s=LOOK_S)
        if status != _OK:
            raise AgentAwayError(f"it answered {status}")
        try:
            return ScreensSeen.model_validate_json(body)
        except ValidationError:
            raise AgentAwayError("its answer can't be read") from None

    async def give_screen(self, screen_id: str, ended: str = "") -> None:
        """Let another screen answer keys; raises ScreenRefusedError while somebody is busy."""
        asked = TakeScreen(ended=ended or None).to_json()
        status, body = await self._ask("POST", f"/v1/screens/{screen_id}/take", asked)
        if status == _OK:
            return
        try:
            problem = Problem.model_validate_json(body)
        except ValidationError:
            raise AgentAwayError(f"it answered {status}") from None
        raise ScreenRefusedError(f"{problem.title}: {problem.detail}")

    async def tell_images(self, seen: ImagesSeen) -> ImagesWanted:
        """Tell how the wanted images stand; return which are wanted."""
        status, body = await self._ask("PUT", "/v1/images", seen.to_json())
        if status != _OK:
            raise AgentAwayError(f"it answered {status}")
        try:
            return ImagesWanted.model_validate_json(body)
        except ValidationError:
            raise AgentAwayError("its answer can't be read") from None

    async def tell_repairs(self, repairs: tuple[HostRepair, ...]) -> str:
        """Tell the agent what was mended; return how its line to the cloud is."""
        report = RepairsReport(repairs=repairs)
        status, body = await self._ask("PUT", "/v1/repairs", report.to_json())
        if status != _OK:
            raise AgentAwayError(f"it answered {status}")
        try:
            return RepairsHeard.model_validate_json(body).line
        except ValidationError:
            raise AgentAwayError("its answer can't be read") from None

    async def tell_ui(self, report: UiReport) -> None:
        """Tell the agent which kiosk UI is on the screen."""
        status, _ = await self._ask("PUT", "/v1/ui", report.to_json())
        if status != _NOTHING:
            raise AgentAwayError(f"it answered {status}")

    async def command(self) -> CommandToRun | None:
        """Return what operators have this host do; None if nothing for a while."""
        status, body = await self._ask("GET", f"/v1/commands/wanted?wait_s={WAIT_S}")
        if status == _NOTHING:
            return None
        if status != _OK:
            raise AgentAwayError(f"it answered {status}")
        try:
            return CommandToRun.model_validate_json(body)
        except ValidationError:
            raise AgentAwayError("its answer can't be read") from None

    async def end_command(self, command_id: UUID, said: CommandOutcome) -> None:
        """Say what came of it; an agent that knows no such command is no failure."""
        # In pieces: it may have megabytes, and the loop would stand meanwhile.
        sent = io.BytesIO(said.model_dump_json().encode())
        status, _ = await self._ask("PUT", f"/v1/commands/{command_id}/outcome", raw=sent)
        if status not in {_NOTHING, _GONE}:
            raise AgentAwayError(f"it answered {status}")

    async def _ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: io.BytesIO | None = None,
        within_s: float = WAIT_S + _OVER_S,
    ) -> tuple[int, bytes]:
        try:
            async with (
                asyncio.timeout(within_s),
                self._http.request(
                    method, path, json=body, data=raw, allow_redirects=False
                ) as answer,
            ):
                return answer.status, await _bounded(answer.content)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise AgentAwayError(str(error) or type(error).__name__) from error


async def _bounded(content: aiohttp.StreamReader) -> bytes:
    """Return an answer's body: whoever answers as the agent fills no memory of root's."""
    body = b""
    while piece := await content.read(_MOST_BYTES + 1 - len(body)):
        body += piece
        if len(body) > _MOST_BYTES:
            raise AgentAwayError("its answer is longer than any of an agent")
    return body
