"""Where the agent lays what it wants signed, and the supervisor fetches it.

The agent has no rights and the supervisor has root's: so the agent waits, and never calls.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

from kiosk_agent.ports.fleet import FleetError
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.proving import ProofMade, ProofNotMade, ProofWanted
from kiosk_contracts.sessions import CallerIdentityProof
from kiosk_texts import tr

SUPERVISOR_S: Final = 20.0
"""How long the supervisor may take; it is on this host and asks all the time."""


@dataclass(frozen=True, slots=True)
class _Want:
    wanted: ProofWanted
    answer: "asyncio.Future[ProofMade | ProofNotMade]"


class ProofDesk:
    """A Prover by way of the supervisor. One proof is wanted at a time, as sessions are opened."""

    def __init__(self, patience_s: float = SUPERVISOR_S) -> None:
        self._patience_s = patience_s
        self._want: _Want | None = None
        self._laid_down = asyncio.Event()

    async def prove(self, nonce: Callable[[], Awaitable[str]]) -> dict[str, str]:
        """Have a GetCallerIdentity presigned by the supervisor."""
        wanted = ProofWanted(request_id=uuid4(), nonce=await nonce())
        self._want = _Want(wanted, asyncio.get_running_loop().create_future())
        self._laid_down.set()
        try:
            async with asyncio.timeout(self._patience_s):
                answer = await self._want.answer
        except TimeoutError:
            raise _no_proof(
                "the supervisor did not sign", "See: systemctl status kiosk-supervisor."
            ) from None
        finally:
            self._want = None
            self._laid_down.clear()
        if isinstance(answer, ProofNotMade):
            raise _no_proof(answer.why, answer.hint)
        return CallerIdentityProof(nonce=wanted.nonce, url=answer.url).revealed()

    async def wanted(self, wait_s: float) -> ProofWanted | None:
        """Return what is wanted, as soon as something is; None after `wait_s`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._laid_down.wait()
        return None if self._want is None else self._want.wanted

    def give(self, request_id: UUID, answer: ProofMade | ProofNotMade) -> None:
        """Take the supervisor's answer; raises ProblemError 404 if nobody waits for it."""
        want = self._want
        if want is None or want.wanted.request_id != request_id or want.answer.done():
            raise ProblemError(
                404,
                ProblemCode.NOT_FOUND,
                "No proof is wanted by that id",
                detail="It was given already, or the agent waits no more.",
                hint="Ask what is wanted now: GET /v1/proofs/wanted.",
            )
        want.answer.set_result(answer)


def _no_proof(why: str, what_to_do: str) -> FleetError:
    return FleetError(
        ProblemCode.PROOF_MISSING,
        f"this host could not prove who it is: {why}. {what_to_do}".strip(),
        retryable=False,
        say=lambda: " ".join(
            filter(None, (tr("This host could not prove who it is: {why}.", why=why), what_to_do))
        ),
    )
