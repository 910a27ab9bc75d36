"""What is said of AWS where it does not do what it was asked: whether it may have, all the same."""

from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from fleet_service.kiosks.aws_calls import AwsThrottledError, told_by
from fleet_service.kiosks.ports import AnswerLostError, AwsAwayError
from fleet_service.releases import ecs_hosts
from fleet_service.releases.domain.moves import CALL_ENDS, CALL_LASTS, REQUEST_LASTS

URL = "https://ecs.example.com"


def answered(code: str, status: int) -> ClientError:
    told: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(told, "StartTask")


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (answered("ThrottlingException", 400), AwsThrottledError),
        (answered("ClientException", 400), AwsAwayError),
        (answered("ServerException", 500), AnswerLostError),
        (ReadTimeoutError(endpoint_url=URL), AnswerLostError),
        (ConnectionClosedError(endpoint_url=URL), AnswerLostError),
        (ConnectTimeoutError(endpoint_url=URL), AwsAwayError),
        (EndpointConnectionError(endpoint_url=URL), AwsAwayError),
        (NoCredentialsError(), AwsAwayError),
    ],
)
def test_what_it_may_have_heard_is_told_from_what_it_did_not(
    trouble: Exception, kind: type[AwsAwayError]
) -> None:
    with pytest.raises(AwsAwayError) as found, told_by("ECS"):
        raise trouble
    assert type(found.value) is kind


def test_a_call_has_ended_before_anybody_counts_on_it() -> None:
    for config in (ecs_hosts._CONFIG, ecs_hosts._ONCE):
        lasts = config.connect_timeout + config.read_timeout
        assert lasts == REQUEST_LASTS.total_seconds()
    assert CALL_LASTS.total_seconds() == ecs_hosts._LONGEST_S
    assert CALL_LASTS + REQUEST_LASTS < CALL_ENDS
