"""What all calls of AWS by boto3 share."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, TypeVar

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from fleet_service.kiosks.ports import AnswerLostError, AwsAwayError

CONFIG: Final = Config(
    connect_timeout=3,
    read_timeout=5,
    # Its standard mode waits longer after each throttle, by chance.
    retries={"mode": "standard", "total_max_attempts": 3},
)
_T = TypeVar("_T")
_THROTTLES: Final = frozenset({"Throttling", "ThrottlingException", "TooManyRequestsException"})


class AwsThrottledError(AwsAwayError):
    """AWS was asked too often, by whomever of the account."""


class InThreads:
    """An adapter that asks AWS in threads of its own: one that is slow keeps nobody else's work."""

    def __init__(self, at_once: int, name: str) -> None:
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix=name)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait for nobody: what is under way ends by its own time limits."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _in_thread(self, work: Callable[[], _T]) -> asyncio.Future[_T]:
        return asyncio.get_running_loop().run_in_executor(self._threads, work)


def attributes_of(container: Mapping[str, Any]) -> dict[str, str]:
    """Return the attributes of a container instance."""
    return {one["name"]: one.get("value", "") for one in container["attributes"]}


@contextmanager
def told_by(service: str) -> Iterator[None]:
    """Turn what a service refuses, and its silence, into AwsAwayError.

    AnswerLostError where it may have heard what it was asked.
    """
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "Unknown")
        raise _kind(code, error)(f"{service} answered {error.operation_name}: {code}") from error
    except BotoCoreError as error:
        # Of what found no connection nothing was heard.
        kind = AnswerLostError if isinstance(error, HTTPClientError) else AwsAwayError
        raise kind(f"{service} can't be asked: {type(error).__name__}") from error


def _kind(code: str, error: ClientError) -> type[AwsAwayError]:
    if code in _THROTTLES:
        return AwsThrottledError
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return AnswerLostError if status >= HTTPStatus.INTERNAL_SERVER_ERROR else AwsAwayError
