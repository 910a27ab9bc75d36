"""What ECS does not answer in one region keeps nobody waiting in another."""

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

from fleet_service.clock import SystemClock
from fleet_service.kiosks.ports import AnswerLostError, AwsAwayError
from fleet_service.releases.ecs_hosts import EcsHosts
from fleet_service.releases.ecs_looking import OrderLooker

ELSEWHERE, HERE = "eu-west-1", "eu-central-1"
HOST = "mi-00000000000000001"


class Answering:
    """A client of ECS; one of a region that is away raises."""

    def __init__(self, *, away: bool = False) -> None:
        self.away = away

    def list_container_instances(self, **_asked: Any) -> dict[str, Any]:
        if self.away:
            raise AwsAwayError("the region is away")
        return {"containerInstanceArns": ["arn:1"]}

    def describe_container_instances(self, **_asked: Any) -> dict[str, Any]:
        if self.away:
            raise AwsAwayError("the region is away")
        one = {
            "containerInstanceArn": "arn:1",
            "ec2InstanceId": HOST,
            "registeredAt": 1,
            "agentConnected": True,
            "status": "ACTIVE",
            "attributes": [{"name": "kiosk.release", "value": "r-1"}],
        }
        return {"containerInstances": [one]}

    def list_tasks(self, **_asked: Any) -> dict[str, Any]:
        return {"taskArns": []}


@pytest.fixture
async def hosts() -> AsyncIterator[EcsHosts]:
    made = EcsHosts([f"{ELSEWHERE}/kiosks", f"{HERE}/kiosks"], SystemClock())
    yield made
    await made.__aexit__(None, None, None)


async def test_a_region_that_hangs_takes_no_thread_of_another(hosts: EcsHosts) -> None:
    let_go = threading.Event()
    hanging = [asyncio.create_task(hosts.run(let_go.wait, ELSEWHERE)) for _ in range(6)]
    assert await hosts.run(lambda: "answered", HERE) == "answered"
    assert not any(one.done() for one in hanging)
    let_go.set()
    assert await asyncio.gather(*hanging) == [True] * 6


async def test_a_host_is_found_where_ecs_answers_though_another_region_is_away(
    hosts: EcsHosts,
) -> None:
    gone, here = Answering(away=True), Answering()
    hosts._clients = {ELSEWHERE: (gone, gone), HERE: (here, here)}
    assert (await hosts.look(HOST)).told == "r-1"
    assert hosts.region(HOST) == HERE
    here.away = True
    with pytest.raises(AwsAwayError, match="is away"):
        await hosts.look(HOST)
    # Where it is known to be is asked first again, and alone.
    assert hosts.region(HOST) == HERE


async def test_work_that_nobody_waits_for_any_more_calls_nothing(
    hosts: EcsHosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fleet_service.releases.ecs_hosts._LONGEST_S", 0.01)
    hosts._clients = {HERE: (Answering(), Answering())}
    let_go, called, ended = threading.Event(), [], threading.Event()

    def work() -> None:
        let_go.wait()
        try:
            called.append(hosts.client(HERE))
        finally:
            ended.set()

    with pytest.raises(AwsAwayError, match="in time"):
        await hosts.run(work, HERE)
    let_go.set()
    assert await asyncio.to_thread(ended.wait, 60)
    assert called == []


async def test_so_much_is_asked_in_one_region_and_each_other_has_its_own_pace(
    hosts: EcsHosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fleet_service.releases.ecs_hosts._LONGEST_S", 0.2)
    for _ in range(40):
        hosts._paces[ELSEWHERE].take()
    sent: list[str] = []
    with pytest.raises(AwsAwayError, match="nothing was sent") as found:
        await hosts.run(lambda: sent.append(ELSEWHERE), ELSEWHERE)
    # Nobody has to wait for what may be under way.
    assert not isinstance(found.value, AnswerLostError)
    assert sent == []
    await hosts.run(lambda: sent.append(HERE), HERE)
    assert sent == [HERE]


async def test_of_what_was_sent_and_not_answered_nobody_says_that_it_was_not(
    hosts: EcsHosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fleet_service.releases.ecs_hosts._LONGEST_S", 0.05)
    let_go = threading.Event()
    with pytest.raises(AnswerLostError):
        await hosts.run(let_go.wait, HERE)
    let_go.set()


async def test_whoever_orders_a_move_waits_behind_no_move_that_goes_on(
    hosts: EcsHosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fleet_service.releases.ecs_hosts._LONGEST_S", 0.2)
    here = Answering()
    hosts._clients = {ELSEWHERE: (Answering(away=True),) * 2, HERE: (here, here)}
    for pace in hosts._paces.values():
        for _ in range(100):
            pace.take()
    with pytest.raises(AwsAwayError, match="no turn"):
        await hosts.look(HOST)
    assert (await OrderLooker(hosts).look(HOST)).told == "r-1"
