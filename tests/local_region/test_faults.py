"""Faults on demand, and the rates that AWS allows."""

from datetime import timedelta
from time import monotonic
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from local_region.throttles.buckets import GROUPS, Throttles
from tests.support.region import RunningRegion, SetClock


def code_of(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    told = error.value.response
    return told["Error"]["Code"], told["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize(
    ("service", "call", "order", "code"),
    [
        ("ssm", "describe_activations", {"kind": "throttle"}, ("ThrottlingException", 400)),
        ("sts", "get_caller_identity", {"kind": "throttle"}, ("Throttling", 400)),
        ("ecs", "list_clusters", {"kind": "throttle"}, ("ThrottlingException", 400)),
        ("ssm", "describe_activations", {"kind": "5xx"}, ("InternalServerError", 500)),
        ("ecs", "list_clusters", {"kind": "5xx"}, ("ServerException", 500)),
        ("sts", "get_caller_identity", {"kind": "5xx", "status": 502}, ("InternalFailure", 502)),
        (
            "ssm",
            "describe_activations",
            {"kind": "5xx", "status": 503},
            ("ServiceUnavailable", 503),
        ),
    ],
)
def test_a_fault_hits_as_often_as_was_asked_for(
    region: RunningRegion, service: str, call: str, order: dict[str, Any], code: tuple[str, int]
) -> None:
    client = region.client(service)
    region.fault(service=service, times=2, **order)

    for _ in range(2):
        with pytest.raises(ClientError) as refused:
            getattr(client, call)()
        assert code_of(refused) == code

    assert getattr(client, call)()
    assert sum(region.hits().values()) == 2


def test_a_fault_hits_its_operation_alone(region: RunningRegion) -> None:
    region.fault(service="ssm", operation="CreateActivation", kind="throttle")
    client = region.client("ssm")

    client.describe_activations()
    with pytest.raises(ClientError):
        client.create_activation(IamRole="KioskRole")

    assert region.hits() == {"ssm.CreateActivation.throttle": 1}


def test_faults_can_be_called_off(region: RunningRegion) -> None:
    region.fault(service="ssm", kind="throttle", times=100)
    region.admin("DELETE", "faults")

    assert region.client("ssm").describe_activations()
    assert region.hits() == {}


def test_a_slow_answer_comes(region: RunningRegion) -> None:
    region.fault(service="sts", kind="slow", seconds=0.3)
    client = region.client("sts")
    began = monotonic()

    client.get_caller_identity()

    assert monotonic() - began >= 0.3


def test_a_dropped_call_has_no_effect_and_a_dropped_answer_has(region: RunningRegion) -> None:
    client = region.client("ssm")

    def activations() -> int:
        return len(client.describe_activations()["ActivationList"])

    for kind, made in (("drop", 0), ("drop-answer", 1)):
        region.fault(service="ssm", operation="CreateActivation", kind=kind)
        with pytest.raises(ConnectionClosedError):
            client.create_activation(IamRole="KioskRole")
        assert activations() == made


def test_botocores_own_retries_get_over_faults(region: RunningRegion) -> None:
    client = region.client(
        "ssm", config=Config(retries={"mode": "standard", "total_max_attempts": 3})
    )
    region.fault(service="ssm", kind="throttle")
    region.fault(service="ssm", kind="5xx")

    told = client.describe_activations()

    assert told["ResponseMetadata"]["RetryAttempts"] == 2


@pytest.mark.parametrize(
    "order",
    [
        {"service": "ssm", "kind": "flood"},
        {"service": "ssm", "kind": "slow", "times": 0},
        {"service": "ssm", "kind": "slow", "colour": "red"},
        {"kind": "slow"},
    ],
)
def test_an_order_that_is_none_is_refused(region: RunningRegion, order: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        region.fault(**order)

    assert region.admin("GET", "faults") == {"orders": [], "hits": {}}


@pytest.mark.parametrize(
    ("operations", "burst", "per_second"),
    [
        (["DescribeContainerInstances", "ListContainerInstances", "ListAttributes"], 100, 20),
        (["PutAttributes", "StopTask", "DeregisterContainerInstance"], 100, 40),
        (["CreateService", "UpdateService", "DeleteService"], 50, 5),
        (["RegisterTaskDefinition"], 20, 1),
    ],
)
def test_a_group_has_one_burst_and_then_its_rate(
    operations: list[str], burst: int, per_second: int
) -> None:
    clock = SetClock()
    moment = clock.now()
    clock.now = lambda: moment + clock.ahead  # type: ignore[method-assign]
    throttles = Throttles(clock)

    def admitted(tries: int) -> int:
        calls = (operations[number % len(operations)] for number in range(tries))
        return sum(throttles.admits("ecs", operation) for operation in calls)

    assert admitted(burst + 50) == burst
    clock.ahead += timedelta(seconds=1)
    assert admitted(per_second + 50) == per_second
    clock.ahead += timedelta(hours=1)
    assert admitted(burst + 50) == burst


def test_groups_do_not_share_and_others_are_free() -> None:
    throttles = Throttles(SetClock())
    for _ in range(20):
        assert throttles.admits("ecs", "RegisterTaskDefinition")

    assert not throttles.admits("ecs", "RegisterTaskDefinition")
    assert throttles.admits("ecs", "PutAttributes")
    assert all(throttles.admits("ssm", "DescribeActivations") for _ in range(500))
    named = [operation for group in GROUPS for operation in group.operations]
    assert len(named) == len(set(named))
