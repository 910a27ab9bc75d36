"""STS GetCallerIdentity: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html."""

from datetime import timedelta
from typing import Any

from local_region.wire.models import service_model
from local_region.wire.service import Call, Operation, Protocol, Service


def sts_service() -> Service:
    """Return STS as the region serves it."""
    return Service(
        name="sts",
        model=service_model("sts"),
        protocol=Protocol.QUERY,
        invalid="ValidationError",
        # STS tells the skew it bears in its own refusals: "(… - 15 min.)".
        skew=timedelta(minutes=15),
        operations={"GetCallerIdentity": Operation(_get_caller_identity, instances=True)},
    )


def _get_caller_identity(call: Call) -> dict[str, Any]:
    caller = call.caller
    return {"Arn": caller.arn, "UserId": caller.user_id, "Account": caller.account}
