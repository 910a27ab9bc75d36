"""Commands on each of the store's adapters: rivals, and answers of the store that get lost."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from cloud_store.port import StoreError
from fleet_service.commands.service import MOST_OPEN, Commands
from kiosk_contracts.commands import (
    MOST_CONTENT,
    CommandEnd,
    CommandKind,
    CommandState,
    CommandWay,
    NewCommand,
    outcome,
)
from kiosk_contracts.problem import ProblemError
from tests.support.faulty_store import FaultyStore
from tests.support.fleet import FakeFleetClock
from tests.support.stores import ADAPTERS

KIOSK = "till-1"


@pytest.fixture(params=ADAPTERS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[FaultyStore]:
    if request.param == "dynamodb":
        request.getfixturevalue("dynamodb")
    async with ADAPTERS[request.param](tmp_path)() as opened:
        yield FaultyStore(opened)


@pytest.fixture
def commands(store: FaultyStore) -> Commands:
    return Commands(store, FakeFleetClock())


def drain(command_id: UUID | None = None) -> NewCommand:
    return NewCommand(command_id=command_id or uuid4(), kind=CommandKind.DRAIN)


async def test_of_rivals_no_more_are_taken_than_there_may_be(commands: Commands) -> None:
    wanted = [drain() for _ in range(MOST_OPEN + 3)]
    answers = await asyncio.gather(
        *(commands.order(KIOSK, one, "Olga") for one in wanted), return_exceptions=True
    )
    refused = [one for one in answers if isinstance(one, ProblemError)]
    assert [one.code for one in refused] == ["too_many_commands"] * 3
    taken = [one.command_id for one in answers if not isinstance(one, BaseException)]
    assert sorted(one.command_id for one in await commands.tell(KIOSK)) == sorted(taken)


async def test_the_same_from_two_tasks_at_once_is_one(commands: Commands) -> None:
    wanted = drain()
    told = await asyncio.gather(*(commands.order(KIOSK, wanted, "Olga") for _ in range(4)))
    assert {one.command_id for one in told} == {wanted.command_id}
    assert len(await commands.tell(KIOSK)) == 1
    assert len((await commands.page(KIOSK, "", 50)).commands) == 1


async def test_an_order_whose_answer_was_lost_is_the_same_when_it_is_sent_again(
    commands: Commands, store: FaultyStore
) -> None:
    wanted = drain()
    store.lose_answers(1)
    with pytest.raises(StoreError):
        await commands.order(KIOSK, wanted, "Olga")
    assert (await commands.order(KIOSK, wanted, "Olga")).state is CommandState.WAITING
    assert len((await commands.page(KIOSK, "", 50)).commands) == 1


async def test_a_command_is_not_told_unless_it_is_kept_that_it_was(
    commands: Commands, store: FaultyStore
) -> None:
    wanted = drain()
    await commands.order(KIOSK, wanted, "Olga")
    store.fail_commits_after(0)
    with pytest.raises(StoreError):
        await commands.tell(KIOSK)
    assert (await commands.get(KIOSK, str(wanted.command_id))).state is CommandState.WAITING


async def test_an_outcome_whose_answer_was_lost_is_taken_when_it_is_told_again(
    commands: Commands, store: FaultyStore
) -> None:
    wanted = drain()
    command_id = str(wanted.command_id)
    await commands.order(KIOSK, wanted, "Olga")
    await commands.tell(KIOSK)
    told = outcome(CommandEnd.DONE, "12 tickets went back")
    store.lose_answers(1)
    with pytest.raises(StoreError):
        await commands.take(KIOSK, command_id, told)
    await commands.take(KIOSK, command_id, told)
    assert (await commands.get(KIOSK, command_id)).why == "12 tickets went back"
    assert await commands.tell(KIOSK) == ()


async def test_the_most_that_may_be_brought_back_is_kept_whole(commands: Commands) -> None:
    wanted = NewCommand(
        command_id=uuid4(), kind=CommandKind.SUPPORT_BUNDLE, recipient="age1" + "q" * 58
    )
    await commands.order(KIOSK, wanted, "Olga")
    await commands.tell(KIOSK)
    bundle = (b"age-encryption.org/v1\n" + bytes(range(256)) * 8000)[:MOST_CONTENT]
    told = outcome(CommandEnd.DONE, content=bundle, content_type="application/age")
    await commands.take(KIOSK, str(wanted.command_id), told)
    kept = await commands.content(KIOSK, str(wanted.command_id))
    assert kept == ("application/age", bundle)


async def test_what_goes_by_systems_manager_is_told_to_no_agent(commands: Commands) -> None:
    by_ssm = NewCommand(command_id=uuid4(), kind=CommandKind.REBOOT, way=CommandWay.SSM)
    await commands.order(KIOSK, by_ssm, "Olga")
    told = drain()
    await commands.order(KIOSK, told, "Olga")
    assert [one.command_id for one in await commands.tell(KIOSK)] == [told.command_id]
    stands = await commands.get(KIOSK, str(by_ssm.command_id))
    assert (stands.state, stands.fetched_at) == (CommandState.WAITING, None)


async def test_what_was_asked_of_another_host_is_told_to_none_and_says_why(
    commands: Commands,
) -> None:
    of_old, of_new = drain(), drain()
    await commands.order(KIOSK, of_old, "Olga", "mi-1")
    await commands.order(KIOSK, of_new, "Olga", "mi-2")
    assert [one.command_id for one in await commands.tell(KIOSK, "mi-2")] == [of_new.command_id]
    stands = await commands.get(KIOSK, str(of_old.command_id))
    assert stands.state is CommandState.WITHDRAWN
    assert stands.why == "the fleet service withdrew it: the kiosk has another host now"
    assert await commands.tell(KIOSK, "mi-1") == ()


async def test_what_came_of_it_no_other_host_may_say(commands: Commands) -> None:
    wanted = drain()
    await commands.order(KIOSK, wanted, "Olga", "mi-1")
    await commands.tell(KIOSK, "mi-1")
    with pytest.raises(ProblemError) as refused:
        await commands.take(KIOSK, str(wanted.command_id), outcome(CommandEnd.DONE), "mi-2")
    assert refused.value.code == "command_unknown"
    await commands.take(KIOSK, str(wanted.command_id), outcome(CommandEnd.DONE), "mi-1")
    assert (await commands.get(KIOSK, str(wanted.command_id))).state is CommandState.DONE
