"""The ticket API's operator search, asked through the relay's own link."""

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import structlog
from pydantic import ValidationError

from fleet_service.relay.judging import Passed
from fleet_service.relay.service import Asked, Relay, target_of
from kiosk_contracts.found_transactions import FoundTransactions
from kiosk_contracts.problem import Problem, ProblemCode, ProblemError
from kiosk_contracts.version import (
    OPS_TOKEN_HEADER,
    PROTOCOL_HEADER,
    PROTOCOL_VERSION,
    REQUEST_ID_HEADER,
)

log = structlog.get_logger()

_PATH: Final = "/v1/ops/transactions"
_OPERATORS: Final = "operators"
"""They take their turn among the kiosks, as one; no kiosk is called so, since its token is not."""


class TransactionSearch:
    """Asks in the service's own name; who may see what is judged here, before."""

    def __init__(self, relay: Relay, token_file: Path | None) -> None:
        """`token_file`: with the ticket API's ops token; None: it may not be asked."""
        self._relay = relay
        self._token_file = token_file

    async def find(
        self, by: Mapping[str, str], *, with_buyers: bool, request_id: str
    ) -> FoundTransactions:
        """Return a page of what fits.

        Raises ProblemError 422 `body_invalid` as the ticket API says, 502 and 504 as the relay does
        where it does not answer or refuses this service, 503 `search_not_set_up`.
        """
        headers = {
            OPS_TOKEN_HEADER: self._token(),
            PROTOCOL_HEADER: str(PROTOCOL_VERSION),
            REQUEST_ID_HEADER: request_id,
            "Accept": "application/json",
        }
        query = urlencode({**by, "personal": "yes"} if with_buyers else by)
        asked = Asked("GET", target_of(_PATH, query), headers, b"", is_a_kiosk_s=False)
        passed = await self._relay.relay(_OPERATORS, asked)
        if passed.status != HTTPStatus.OK:
            raise _refused(passed)
        try:
            found = FoundTransactions.model_validate_json(passed.body)
        except ValidationError as error:
            raise _failed("its answer is no page of transactions") from error
        # Asked for none, it tells none; but whose names they are is for this service to keep.
        return found if with_buyers else found.without_buyers()

    def _token(self) -> str:
        # Read each time: a small file, and who replaces it restarts nothing.
        try:
            token = "" if self._token_file is None else self._token_file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            log.warning("ops_token_unreadable", why=str(error))
            token = ""
        if not token:
            raise ProblemError(
                503,
                ProblemCode.SEARCH_NOT_SET_UP,
                "Transactions can't be searched for here",
                detail="The fleet service has no token for the ticket API's operator search.",
                hint="Set ticket_api_ops_token_file (docs/configuration.md).",
            )
        return token


def _refused(passed: Passed) -> ProblemError:
    """Return the refusal that the operator is told: of the question, or that this service failed.

    What the ticket API says of *our* token is none of the operator's own.
    """
    try:
        told = Problem.model_validate_json(passed.body)
    except ValidationError:
        return _failed(f"it answers {passed.status}")
    if passed.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return ProblemError(422, told.code, told.title, detail=told.detail, hint=told.hint)
    if passed.status == HTTPStatus.SERVICE_UNAVAILABLE:
        return ProblemError(
            503, told.code, told.title, detail=told.detail, retryable=True, retry_after_s=5
        )
    log.warning("search_refused", status=passed.status, code=told.code)
    return _failed(f"it refuses the fleet service: {told.code}")


def _failed(why: str) -> ProblemError:
    return ProblemError(
        502,
        ProblemCode.UPSTREAM_FAILED,
        "The ticket API did not search",
        detail=f"Asked for transactions, {why}.",
        hint="See the fleet service's log; its token for the ticket API may be wrong.",
    )
