"""Commands from both ends: an operator, and kiosks that report and tell what came of them."""

import base64
import io
import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from kiosk_contracts.version import KIOSK_TOKEN_HEADER
from tests.support.fleet import (
    JOURNAL_ID,
    KIOSK_ID,
    OTHER_KIOSK_ID,
    OTHER_SECRET,
    open_session,
    session_request,
)
from tests.support.operator_desk import OperatorDesk, Told
from tests.support.operators import OPS_TOKEN

RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"


def path_of(command_id: str = "", kiosk_id: str = KIOSK_ID, more: str = "") -> str:
    """Return where a kiosk's commands are, or one of them."""
    one = f"/{command_id}" if command_id else ""
    return f"kiosks/{kiosk_id}/commands{one}{more}"


def outcome_of(end: str, why: str = "", content: bytes = b"", kind: str = "") -> dict[str, str]:
    """Return what a kiosk tells of a command."""
    coded = base64.b64encode(content).decode()
    return {"end": end, "why": why, "content": coded, "content_type": kind}


@dataclass
class CommandDesk:
    """Two kiosks with tokens."""

    ops: OperatorDesk
    tokens: dict[str, str]

    @classmethod
    async def of(cls, ops: OperatorDesk) -> "CommandDesk":
        """Open the kiosks' sessions."""
        other = session_request(OTHER_KIOSK_ID, OTHER_SECRET)
        tokens = {
            KIOSK_ID: await open_session(ops.http),
            OTHER_KIOSK_ID: await open_session(ops.http, other),
        }
        return cls(ops, tokens)

    async def orders(
        self, kind: str, *, token: str = OPS_TOKEN, kiosk_id: str = KIOSK_ID, **more: Any
    ) -> Told:
        """Order a command."""
        body = {"command_id": str(uuid4()), "kind": kind, **more}
        return await self.ops.ask("POST", path_of(kiosk_id=kiosk_id), body, token=token)

    async def ordered(self, kind: str, **more: Any) -> str:
        """Order a command that is taken; return its id."""
        told = await self.orders(kind, **more)
        assert told.status == 201, told.text
        return str(told.body["command_id"])

    async def stands(self, command_id: str, kiosk_id: str = KIOSK_ID) -> dict[str, Any]:
        """Return how a command stands."""
        told = await self.ops.ask("GET", path_of(command_id, kiosk_id))
        assert told.status == 200, told.text
        found: dict[str, Any] = told.body
        return found

    async def reports(self, kiosk_id: str = KIOSK_ID) -> list[Any]:
        """Let a kiosk report; return the commands that the answer carries."""
        # What the service knows of a kiosk is a second old at most.
        self.ops.clock.advance(1)
        body = {
            "kiosk_id": kiosk_id,
            "journal_id": str(JOURNAL_ID),
            "epoch": 1,
            "agent_version": "0.1.0",
            "device_time": self.ops.clock.now().isoformat(),
            **dict.fromkeys(("last_sequence", "queued", "parked", "quarantined"), 0),
        }
        told = await self._kiosk(kiosk_id, "POST", "/v1/heartbeats", body)
        assert told.status == 200, told.text
        return list(told.body["commands"])

    async def tells(self, command_id: str, outcome: Any, kiosk_id: str = KIOSK_ID) -> Told:
        """Let a kiosk tell what came of a command."""
        return await self._kiosk(kiosk_id, "PUT", f"/v1/commands/{command_id}/outcome", outcome)

    async def _kiosk(self, kiosk_id: str, method: str, path: str, body: Any) -> Told:
        headers = {KIOSK_TOKEN_HEADER: self.tokens[kiosk_id], "Content-Type": "application/json"}
        sent = io.BytesIO(json.dumps(body).encode())
        async with self.ops.http.request(method, path, data=sent, headers=headers) as answer:
            return Told(answer.status, answer.headers, await answer.text(), answer.cookies)
