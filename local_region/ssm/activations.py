"""CreateActivation, DescribeActivations, DeleteActivation.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateActivation.html
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from local_region.ids import Ids, unused
from local_region.paging import TokenError, page
from local_region.ssm.model import (
    DEFAULT_EXPIRY,
    LONGEST_EXPIRY,
    Activation,
    SsmState,
    code_hash,
    tag_list,
    tags_of,
)
from local_region.ssm.ports import Roles
from local_region.wire.errors import AwsError
from local_region.wire.service import Call

_PAGE: Final = 50


class Activations:
    """Makes, lists and deletes activations."""

    def __init__(self, state: SsmState, ids: Ids, roles: Roles, account: str) -> None:
        self._state = state
        self._ids = ids
        self._roles = roles
        self._account = account

    def create(self, call: Call) -> dict[str, Any]:
        """Make an activation; its code is told this once."""
        role = call.params["IamRole"]
        expires = self._expiry(call)
        if not self._roles.trusts_ssm(role):
            # The words are AWS's own.
            raise AwsError(
                "ValidationException",
                "Nonexistent role or missing ssm service principal in trust policy: "
                f"arn:aws:iam::{self._account}:role/{role}",
            )
        activation_id = unused(self._ids.activation_id, self._state.activations)
        code = self._ids.activation_code()
        self._state.activations[activation_id] = Activation(
            activation_id=activation_id,
            code_sha256=code_hash(code),
            role=role,
            limit=call.params.get("RegistrationLimit", 1),
            created=call.now,
            expires=expires,
            description=call.params.get("Description"),
            instance_name=call.params.get("DefaultInstanceName"),
            tags=tags_of(call.params.get("Tags", [])),
        )
        return {"ActivationId": activation_id, "ActivationCode": code}

    def describe(self, call: Call) -> dict[str, Any]:
        """List activations, also expired and used up ones, without their codes."""
        filters = [_filter(asked) for asked in call.params.get("Filters", [])]
        chosen = [
            (activation.activation_id, activation)
            for activation in self._state.activations.values()
            if all(read(activation) in values for read, values in filters)
        ]
        limit = call.params.get("MaxResults", _PAGE)
        try:
            shown = page("activations", chosen, limit, call.params.get("NextToken"))
        except TokenError as error:
            raise AwsError("InvalidNextToken", "The specified token isn't valid.") from error
        return {
            "ActivationList": [_told(activation, call.now) for activation in shown.items],
            **shown.next_token("NextToken"),
        }

    def delete(self, call: Call) -> dict[str, Any]:
        """Forget an activation; what registered with it stays."""
        if self._state.activations.pop(call.params["ActivationId"], None) is None:
            raise AwsError("InvalidActivation", "The activation ID isn't valid.")
        return {}

    def _expiry(self, call: Call) -> datetime:
        asked = call.params.get("ExpirationDate")
        if asked is None:
            return call.now + DEFAULT_EXPIRY
        expires = datetime.fromtimestamp(asked, UTC)
        if not call.now < expires <= call.now + LONGEST_EXPIRY:
            raise AwsError(
                "ValidationException",
                "Invalid ExpirationDate: it must be in the future and at most 30 days away.",
            )
        return expires


_READERS: Final[Mapping[str, Callable[[Activation], str | None]]] = {
    "ActivationIds": lambda activation: activation.activation_id,
    "IamRole": lambda activation: activation.role,
    "DefaultInstanceName": lambda activation: activation.instance_name,
}


def _filter(asked: Mapping[str, Any]) -> tuple[Callable[[Activation], str | None], list[str]]:
    if "FilterKey" not in asked or not asked.get("FilterValues"):
        raise AwsError("InvalidFilter", "The filter name isn't valid.")
    return _READERS[asked["FilterKey"]], asked["FilterValues"]


def _told(activation: Activation, now: datetime) -> dict[str, Any]:
    told = {
        "ActivationId": activation.activation_id,
        "IamRole": activation.role,
        "RegistrationLimit": activation.limit,
        "RegistrationsCount": activation.registered,
        "ExpirationDate": activation.expires,
        "Expired": activation.expired(now),
        "CreatedDate": activation.created,
        "Description": activation.description,
        "DefaultInstanceName": activation.instance_name,
        "Tags": tag_list(activation.tags) or None,
    }
    return {name: value for name, value in told.items() if value is not None}
