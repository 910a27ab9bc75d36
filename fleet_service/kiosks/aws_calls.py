"""What all calls of AWS by boto3 share."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from fleet_service.kiosks.ports import AwsAwayError

CONFIG: Final = Config(
    connect_timeout=3,
    read_timeout=5,
    # Its standard mode waits longer after each throttle, by chance.
    retries={"mode": "standard", "total_max_attempts": 3},
)
_THROTTLES: Final = frozenset({"Throttling", "ThrottlingException", "TooManyRequestsException"})


class AwsThrottledError(AwsAwayError):
    """AWS was asked too often, by whomever of the account."""


def attributes_of(container: Mapping[str, Any]) -> dict[str, str]:
    """Return the attributes of a container instance."""
    return {one["name"]: one.get("value", "") for one in container["attributes"]}


@contextmanager
def told_by(service: str) -> Iterator[None]:
    """Turn what a service refuses, and its silence, into AwsAwayError."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "Unknown")
        kind = AwsThrottledError if code in _THROTTLES else AwsAwayError
        raise kind(f"{service} answered {error.operation_name}: {code}") from error
    except BotoCoreError as error:
        raise AwsAwayError(f"{service} can't be asked: {type(error).__name__}") from error
