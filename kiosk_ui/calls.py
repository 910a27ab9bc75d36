"""What the groups of calls share that make up the agent's client."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

from kiosk_contracts.admitting import Admit
from kiosk_contracts.clock import ConfirmClock
from kiosk_contracts.pre_show import KeepCheck
from kiosk_contracts.quarantine import HandOver
from kiosk_contracts.selling import FreeCart, MakeSale, MakeVoid
from kiosk_contracts.shifts import CloseShift, MoveCash
from kiosk_contracts.update_lock import LiftUpdateLock, SetUpdateLock
from kiosk_contracts.wire import WireModel

M = TypeVar("M", bound=WireModel)


class Calls:
    """A group of calls; AgentClient is all of them, and sends them."""

    async def call(
        self,
        model: type[M],
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Sequence[tuple[str, str]] = (),
    ) -> M:
        """Return the answer as `model`.

        Raises ProblemError for a refusal, AgentAwayError where there is no whole answer.
        """
        raise NotImplementedError


def without_nulls(model: WireModel) -> dict[str, Any]:
    """Return the JSON form of a request without the fields that say nothing."""
    return {key: value for key, value in model.to_json().items() if value is not None}


LONGEST_PIN_S: Final = 60.0
"""How long a PIN may take to be tried on everybody's hash. The largest roster, 500 people, takes
6 s at two quick cores: a machine ten times as slow answers, too. Who asks again sooner would only
queue behind themself."""


def limit_s(body: Mapping[str, Any], usual_s: float) -> float:
    """Return how many seconds a request with this body may take: one with a PIN takes longer."""
    has_pin = "pin" in body or "approval_pin" in body
    return max(usual_s, LONGEST_PIN_S) if has_pin else usual_s


_Approved = (
    Admit
    | MakeSale
    | MakeVoid
    | HandOver
    | ConfirmClock
    | MoveCash
    | CloseShift
    | KeepCheck
    | FreeCart
    | SetUpdateLock
    | LiftUpdateLock
)
"""Requests that a manager's PIN may go with."""


def with_pin(model: _Approved) -> dict[str, Any]:
    """Return the body of a request, with the PIN that its model does not show."""
    body = without_nulls(model)
    if model.approval_pin is not None:
        body["approval_pin"] = model.approval_pin.get_secret_value()
    return body
