"""What an error of DynamoDB means: was anything written, may it be tried again, what is to do.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
)

_THROTTLED: Final = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
    }
)
_IN_PROGRESS: Final = "TransactionInProgressException"
"""Our own request with this token, of which we had no answer."""
_HELD: Final = "None"
CONDITION_FAILED: Final = "ConditionalCheckFailed"
_CONFLICTS: Final = frozenset({"TransactionConflict", "TransactionConflictException"})
_THROTTLED_WRITES: Final = frozenset({"ThrottlingError", "ProvisionedThroughputExceeded"})
_CANCELLED_FOR_NOW: Final = _CONFLICTS | _THROTTLED_WRITES
_FORBIDDEN: Final = frozenset({"AccessDeniedException", "AccessDenied"})
_NOT_KNOWN_TO_AWS: Final = frozenset(
    {
        "ExpiredTokenException",
        "IncompleteSignatureException",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "UnrecognizedClientException",
    }
)
_SERVER_ERROR: Final = 500
_NO_CREDENTIALS: Final = (NoCredentialsError, PartialCredentialsError)
_NEVER_SENT: Final = (EndpointConnectionError, ConnectTimeoutError, *_NO_CREDENTIALS)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One request that was not answered as it was meant."""

    code: str
    what: str
    """In words, and what to do."""
    again: bool = False
    """The same request may be sent again after a pause."""
    in_doubt: bool = False
    """It may have been done all the same."""
    reasons: Sequence[str] = ()
    """Of a commit's writes in their order, why each was refused; `None` for those that were not."""

    @property
    def contended(self) -> int | None:
        """Return at which write another's commit was under way; None if that is not why."""
        if self.code in _CONFLICTS:
            return 0
        return next((at for at, why in enumerate(self.reasons) if why in _CONFLICTS), None)

    @property
    def failed(self) -> int | None:
        """Return which write's condition failed first; None if that is not why."""
        if self.code == "ConditionalCheckFailedException":
            return 0
        return next((at for at, why in enumerate(self.reasons) if why == CONDITION_FAILED), None)

    @property
    def passes(self) -> bool:
        """Whether nothing was written for a reason that passes: a new commit may go through."""
        refused = set(self.reasons) - {_HELD}
        return self.code in _CONFLICTS or bool(refused and refused <= _CANCELLED_FOR_NOW)


def judge(error: ClientError | BotoCoreError, table: str, region: str) -> Trouble:
    """Return what an error means."""
    if isinstance(error, ClientError):
        return _told(error, table, region)
    name = type(error).__name__
    if isinstance(error, _NO_CREDENTIALS):
        what = (
            "there are no AWS credentials: give the task a role, or set AWS_ACCESS_KEY_ID and "
            f"AWS_SECRET_ACCESS_KEY ({error})"
        )
        return Trouble(name, what)
    what = (
        f"DynamoDB does not answer for table {table} in {region} ({name}): look at the way there "
        "(VPC endpoint, security group) and at AWS's health"
    )
    return Trouble(name, what, again=True, in_doubt=not isinstance(error, _NEVER_SENT))


def _told(error: ClientError, table: str, region: str) -> Trouble:
    said: dict[str, Any] = error.response.get("Error", {})
    code, message = str(said.get("Code", "Unknown")), str(said.get("Message", ""))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    reasons = [str(one.get("Code")) for one in error.response.get("CancellationReasons", ())]
    why = ", ".join(sorted(set(reasons) - {_HELD})) or code
    if code in _THROTTLED or _THROTTLED_WRITES & set(reasons):
        what = (
            f"DynamoDB throttles table {table} in {region} ({why}): wait, or raise what the table "
            "or the account may do"
        )
        return Trouble(code, what, again=code in _THROTTLED, reasons=reasons)
    if code == _IN_PROGRESS or status >= _SERVER_ERROR:
        what = f"DynamoDB failed at table {table} in {region} ({code}): look at AWS's health"
        return Trouble(code, what, again=True, in_doubt=True)
    if code == "ResourceNotFoundException":
        what = f"there is no table {table} in {region}: make it with the command `store create`"
        return Trouble(code, what)
    if code in _FORBIDDEN:
        may = f"this program's role may not dynamodb:{error.operation_name} table {table}"
        return Trouble(code, f"{may}: see docs/configuration.md for what it needs")
    if code in _NOT_KNOWN_TO_AWS:
        what = f"AWS does not take the credentials ({code}): look at the role, and at the clock"
        return Trouble(code, what)
    what = f"DynamoDB refused {error.operation_name} at table {table}: {why} {message}".rstrip()
    return Trouble(code, what, reasons=reasons)
