"""The fleet service, as a host asks it that is no kiosk yet, or just became one."""

from collections.abc import Callable
from typing import Final, TypeVar
from urllib.parse import quote

from pydantic import ValidationError

from kiosk_agent.bootstrap.web import Answer, NotReachedError, ask
from kiosk_contracts.enrolment import ClaimName, EnrolmentOffer, GrantedName
from kiosk_contracts.host_evidence import AskForEvidence, HostEvidence
from kiosk_contracts.problem import Problem, ProblemCode, ProblemError
from kiosk_contracts.sessions import SessionNonce
from kiosk_contracts.version import ENROLMENT_TOKEN_HEADER, PROTOCOL_HEADER, PROTOCOL_VERSION
from kiosk_contracts.wire import WireModel

M = TypeVar("M", bound=WireModel)
_OK: Final = frozenset({200, 201})


class FleetDesk:
    """One fleet service. Every method raises NotReachedError, and ProblemError for a refusal."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def offer(self, token: str, host_id: str) -> EnrolmentOffer:
        """Return what this host may become."""
        path = f"/v1/enrolment?host_id={quote(host_id)}"
        return self._ask(EnrolmentOffer, "GET", path, token=token)

    def claim(self, token: str, kiosk_id: str, host_id: str) -> GrantedName:
        """Become a kiosk; the same again gets the same answer."""
        claim = ClaimName(kiosk_id=kiosk_id, host_id=host_id)
        return self._ask(GrantedName, "POST", "/v1/enrolment/claims", claim, token=token)

    def evidence(self, kiosk_id: str, prove: Callable[[str], dict[str, str]]) -> HostEvidence:
        """Return what AWS says of this host; `prove` makes a proof around a nonce."""
        nonce = self._ask(SessionNonce, "POST", "/v1/session-nonces").nonce
        wanted = AskForEvidence(kiosk_id=kiosk_id, proof=prove(nonce))
        return self._ask(HostEvidence, "POST", "/v1/enrolment/evidence", wanted)

    def _ask(
        self,
        model: type[M],
        method: str,
        path: str,
        body: WireModel | None = None,
        *,
        token: str | None = None,
    ) -> M:
        headers = {PROTOCOL_HEADER: str(PROTOCOL_VERSION)}
        if token is not None:
            headers[ENROLMENT_TOKEN_HEADER] = token
        sent = None if body is None else body.to_json()
        answer = ask(method, f"{self._url}{path}", headers, sent)
        if answer.status not in _OK:
            raise _refusal(answer)
        try:
            return model.model_validate_json(answer.body)
        except ValidationError as error:
            raise NotReachedError("something answers that is no fleet service") from error


def _refusal(answer: Answer) -> ProblemError:
    try:
        problem = Problem.model_validate_json(answer.body)
    except ValidationError:
        problem = Problem(
            title=f"The fleet service answers {answer.status}",
            status=answer.status,
            code=ProblemCode.INTERNAL_ERROR,
            hint="If it stays so, tell the operators.",
        )
    return ProblemError(
        answer.status,
        problem.code,
        problem.title,
        detail=problem.detail,
        hint=problem.hint,
        retryable=problem.retryable,
    )
