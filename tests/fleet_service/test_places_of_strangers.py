"""Places where nobody has proven anything yet, and turns that nobody needed."""

import time
from random import Random

import pytest

from fleet_service import line, places
from tests.support.place_office import Office, office, settled


async def test_whoever_asks_in_a_kiosk_s_name_takes_its_turns_and_nobody_else_s() -> None:
    async with office() as there:
        await there.come("b1", "a1@x", "a2@y", "a3@z", "b2", "c1")
        for _ in range(6):
            await there.end(there.order[-1])
        assert there.order == ["b1", "a1@x", "b2", "c1", "a2@y", "a3@z"]


async def test_one_who_asks_again_and_again_goes_after_each_other_of_its_kiosk() -> None:
    async with office() as there:
        await there.come("b1", "a1@x", "a2@x", "a3@home", "a4@x")
        for _ in range(5):
            await there.end(there.order[-1])
        assert there.order == ["b1", "a1@x", "a3@home", "a2@x", "a4@x"]


async def test_a_stranger_who_is_here_all_the_while_does_not_cost_a_kiosk_its_place() -> None:
    async with office(waiting=2) as there:
        await there.come("b1", "a1@x", "c1", "a2@home")
        assert await there.refused("a2@home") == "2 wait already", "and no other kiosk for it"
        await there.end("b1")
        assert there.order[-1] == "a1@x", "it came first"
        await there.come("a3@x", "a4@home")
        assert await there.refused("a3@x") == "2 wait already"
        for _ in range(2):
            await there.end(there.order[-1])
        assert there.order == ["b1", "a1@x", "c1", "a4@home"]


async def test_who_waits_besides_another_of_its_kiosk_makes_room_for_all_others() -> None:
    async with office(waiting=3) as there:
        await there.come("b1", "a1@x", "a2@y", "a3@z", "c1")
        assert await there.refused("a3@z") == "3 wait already"
        await there.come("d1")
        assert await there.refused("a2@y") == "3 wait already"
        await there.come("a4@w", "e1")
        for name in ("a4@w", "e1"):
            assert await there.refused(name) == "3 wait already"
        for _ in range(3):
            await there.end(there.order[-1])
        assert there.order == ["b1", "a1@x", "c1", "d1"]


async def test_of_one_address_so_many_wait_and_of_another_as_many() -> None:
    async with office(each_waiting=1) as there:
        await there.come("b1", "a1@x", "a2@x", "a3@home")
        assert await there.refused("a2@x") == "1 of this kiosk's wait already"
        for _ in range(3):
            await there.end(there.order[-1])
        assert there.order == ["b1", "a1@x", "a3@home"]


async def test_only_so_many_stand_in_line_for_one_kiosk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "MOST_ADDRESSES", 2)
    monkeypatch.setattr(line, "MOST_ADDRESSES", 2)
    async with office() as there:
        await there.come("b1", "a1@x", "a2@y", "a3@z", "c1")
        assert "from 2 addresses" in await there.refused("a3@z")
        there.give_up("a1@x")
        await settled()
        there.now[0] += 200
        await there.come("a4@y", "a5@z")
        assert there.places.waiting == 4, "a place that lapsed is another's"


async def test_the_later_of_one_kiosk_makes_room_for_the_earlier() -> None:
    async with office(waiting=1) as there:
        await there.come("b1", "a1@home")
        there.give_up("a1@home")
        await settled()
        await there.come("a2@x", "a3@home")
        assert await there.refused("a2@x") == "1 wait already"
        await there.end("b1")
        assert there.order == ["b1", "a3@home"]


async def test_turns_in_which_nothing_was_asked_say_nothing_of_how_fast_others_end() -> None:
    told = []
    for needed in (True, False):
        async with office(waiting=40, wait_s=10) as there:
            names = [f"{name}1" for name in "abcdefghijklmnopqrst"]
            await there.come(*names)
            for name in names[:12]:
                if not needed:
                    there.turns[name].came_to_nothing()
                await there.pass_by(name, each_s=0.01)
            more = [f"{name}2" for name in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg"]
            await there.come(*more)
            await there.come("z9")
            told.append(await there.told("z9"))
    assert told[0] == 1
    assert told[1] > 15, "as was guessed: one in ten seconds"


async def test_who_had_a_turn_that_was_none_is_where_it_was_when_it_comes_again() -> None:
    async with office() as there:
        await there.come("a1", "b1", "c1", "d1")
        await there.end("a1")
        there.turns["b1"].is_missed(10)
        await there.end("b1")
        assert there.places.away == 1
        await there.come("b2")
        await there.end("c1")
        await there.end("b2")
        assert there.order == ["a1", "b1", "c1", "b2", "d1"]


async def test_with_its_place_a_kiosk_s_other_requests_are_where_it_was() -> None:
    async with office() as there:
        await there.come("a1", "b1", "b2", "c1", "d1")
        await there.end("a1")
        there.turns["b1"].is_missed(10)
        await there.end("b1")
        assert there.order == ["a1", "b1", "b2"]
        await there.end("b2")
        await there.end("c1")


async def test_a_place_that_is_kept_anew_lapses_that_much_later() -> None:
    async with office(waiting=1) as there:
        await there.come("a1", "b1", "c1")
        again_s = await there.told("c1")
        there.now[0] += 2 * again_s + 59
        there.places.keep("c", 30)
        there.now[0] += 119
        await there.come("d1")
        await there.refused("d1")
        await there.end("a1")
        await there.come("d2", "c2")
        assert await there.refused("d2") == "1 wait already"
        await there.end("b1")
        there.places.keep("nobody", 30)


async def test_a_turn_that_comes_in_the_moment_in_which_it_was_waited_for_too_long_is_taken() -> (
    None
):
    async with office(wait_s=0.05) as there:
        await there.come("a1", "b1")
        there.ends["a1"].set()
        # Both are there when the loop looks: that a1 is done, and that b1 has waited for too long.
        time.sleep(0.1)  # noqa: ASYNC251  the loop has to stand still
        await settled()
        assert there.order == ["a1", "b1"]
        assert there.places.taken == 1


async def test_whoever_hangs_up_waits_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "_LOOK_S", 0.01)
    async with office() as there:
        await there.come("a1", "b1", "c1")
        there.gone.add("b1")
        assert await there.refused("b1") == "whoever asked has hung up"
        assert there.places.waiting == 1
        await there.come("b2")
        await there.end("a1")
        assert there.order == ["a1", "b2"], "its place was kept"


async def test_whoever_has_hung_up_when_its_turn_comes_leaves_it_to_the_next() -> None:
    async with office() as there:
        await there.come("a1", "b1", "c1")
        there.gone.add("b1")
        await there.end("a1")
        assert there.order == ["a1", "c1"]
        assert await there.refused("b1") == "whoever asked has hung up"


async def test_what_waits_and_comes_and_hangs_up_by_chance_leaves_nothing_taken() -> None:
    """Each that came is let go in the end, or told when to come again; none is forgotten."""
    async with office(whole=2, waiting=6, each_waiting=2) as there:
        came = await _by_chance(there)
        while there.places.taken:
            for name in [*there.order]:
                there.ends[name].set()
            await settled()
        assert there.places.waiting == 0
        assert len(there.order) > 50
        assert all(there.ended(name) for name in came)


async def _by_chance(there: Office) -> list[str]:
    chance, came = Random(7), []  # noqa: S311  it decides who comes
    for number in range(300):
        name = f"{chance.choice('abcd')}{number}@{chance.choice('xyz')}"
        came.append(name)
        await there.come(name)
        match chance.randrange(4):
            case 0:
                there.gone.add(chance.choice(came))
            case 1:
                there.give_up(chance.choice(came))
            case 2 if there.order:
                there.turns[there.order[-1]].is_missed(chance.randrange(20))
            case _:
                pass
        for one in there.order[: len(there.order) - chance.randrange(3)]:
            there.ends[one].set()
        there.now[0] += chance.random() * 10
        await settled()
    return came
