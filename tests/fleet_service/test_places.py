"""Places at the ticket API: so many at once, and no kiosk before its turn."""

import asyncio

from tests.support.place_office import office, settled


async def test_so_many_go_at_once_and_the_next_when_one_is_done() -> None:
    async with office(whole=2) as there:
        await there.come("a1", "b1", "c1")
        assert there.order == ["a1", "b1"]
        assert (there.places.taken, there.places.waiting) == (2, 1)
        await there.end("a1")
        assert there.order == ["a1", "b1", "c1"]


async def test_a_kiosk_has_only_its_own_share_while_places_are_free() -> None:
    async with office(whole=10, each=2) as there:
        await there.come("a1", "a2", "a3", "a4", "b1")
        assert there.order == ["a1", "a2", "b1"]
        await there.end("a2")
        assert there.order == ["a1", "a2", "b1", "a3"]


async def test_a_kiosk_with_many_waiting_lets_every_other_go_before_its_next() -> None:
    async with office() as there:
        await there.come("a1", "a2", "a3", "a4", "a5", "b1", "c1", "c2")
        for _ in range(7):
            await there.end(there.order[-1])
        assert there.order == ["a1", "a2", "b1", "c1", "a3", "c2", "a4", "a5"]


async def test_one_who_comes_later_goes_before_the_next_of_one_who_had_its_turn() -> None:
    async with office() as there:
        await there.come("a1", "a2", "a3", "b1")
        await there.end("a1")
        await there.come("c1", "b2")
        for _ in range(4):
            await there.end(there.order[-1])
        assert there.order == ["a1", "a2", "b1", "a3", "c1", "b2"]


async def test_a_kiosk_at_its_share_holds_nobody_up() -> None:
    async with office(whole=3, each=2) as there:
        await there.come("a1", "a2", "a3", "b1", "c1")
        assert there.order == ["a1", "a2", "b1"]
        await there.end("b1")
        assert there.order == ["a1", "a2", "b1", "c1"], "a waits for its own share"


async def test_only_so_many_wait() -> None:
    async with office(waiting=2) as there:
        await there.come("a1", "a2", "b1", "c1")
        assert await there.refused("c1") == "2 wait already"
        await there.end("a1")
        await there.come("c2")
        assert there.places.waiting == 2


async def test_nobody_waits_for_ever() -> None:
    async with office(wait_s=0.01) as there:
        await there.come("a1", "b1")
        assert await there.refused("b1") == "no place in 0.01 s"
        await there.end("a1")
        await there.come("c1")
        assert there.order == ["a1", "c1"]


async def test_one_who_goes_away_while_waiting_loses_nobody_a_turn() -> None:
    async with office() as there:
        await there.come("a1", "b1", "c1")
        there.give_up("b1")
        # Before it has noticed: its turn is passed on all the same.
        await there.end("a1")
        assert there.order == ["a1", "c1"]


async def test_one_who_goes_away_in_the_moment_of_its_turn_passes_it_on() -> None:
    async with office() as there:
        await there.come("a1", "b1", "c1")
        there.ends["a1"].set()
        while len(there.places._line._here) == 2:  # noqa: ASYNC110  the very step of the loop counts
            await asyncio.sleep(0)
        there.give_up("b1")
        await settled()
        assert there.order == ["a1", "c1"]


async def test_one_who_goes_away_with_a_place_gives_it_back() -> None:
    async with office() as there:
        await there.come("a1", "b1")
        there.give_up("a1")
        await settled()
        assert there.order == ["a1", "b1"]


async def test_who_finds_no_room_goes_before_all_who_came_later_when_it_comes_again() -> None:
    async with office(waiting=1) as there:
        await there.come("a1", "b1", "c1", "d1")
        assert await there.refused("c1") == "1 wait already"
        assert await there.refused("d1") == "1 wait already"
        assert there.places.away == 2
        await there.end("a1")
        await there.come("e1", "c2")
        assert await there.refused("e1") == "1 wait already", "it came last and makes room"
        await there.end("b1")
        await there.come("d2")
        await there.end("c2")
        await there.come("e2")
        await there.end("d2")
        assert there.order == ["a1", "b1", "c2", "d2", "e2"]
        assert there.places.away == 0


async def test_who_waited_for_too_long_keeps_its_place_too() -> None:
    async with office(wait_s=0.01) as there:
        await there.come("a1", "b1")
        await there.refused("b1")
        await there.come("c1")
        await there.refused("c1")
        await there.come("c2", "b2")
        await there.end("a1")
        assert there.order == ["a1", "b2"]


async def test_who_hangs_up_keeps_its_place_for_a_while() -> None:
    async with office() as there:
        await there.come("a1", "b1", "c1")
        there.give_up("b1")
        await settled()
        await there.come("b2")
        await there.end("a1")
        assert there.order == ["a1", "b2"]


async def test_a_place_that_nobody_comes_for_lapses() -> None:
    async with office(waiting=1) as there:
        await there.come("a1", "b1", "c1")
        again_s = await there.told("c1")
        there.now[0] += 2 * again_s + 61
        await there.come("d1")
        assert await there.refused("d1") == "1 wait already"
        assert there.places.away == 1
        await there.end("a1")
        await there.come("d2", "c2")
        await there.end("b1")
        assert there.order == ["a1", "b1", "d2"]


async def test_each_is_told_when_its_own_turn_will_be() -> None:
    """As fast as turns end: here one a second."""
    async with office(waiting=20, whole=1, wait_s=3600) as there:
        names = [f"{name}1" for name in "abcdefghijklmnopqrst"]
        await there.come(*names)
        await there.pass_by(*names[:12], each_s=1)
        assert there.order == names[:13]
        more = [f"{name}2" for name in "ABCDEFGHIJKLMNOPQRST"]
        await there.come(*more)
        told = [await there.told(name) for name in more[13:]]
        assert told == [14, 15, 15, 16, 17, 18, 18]


async def test_how_many_come_says_nothing_of_how_many_could() -> None:
    async with office(waiting=1) as there:
        names = [f"{name}1" for name in "abcdefghijkl"]
        await there.come(*names[:2])
        for gone, comes in zip(names, names[2:], strict=False):
            await there.pass_by(gone, each_s=1)
            await there.come(comes)
        await there.pass_by(*names[-2:], each_s=1)
        for name in "mnopqrs":
            await there.come(f"{name}1")
            await there.pass_by(f"{name}1", each_s=100)
        await there.come("t1", "u1", "v1")
        assert await there.told("v1") == 1


async def test_nobody_is_told_more_than_half_a_minute() -> None:
    async with office(waiting=0) as there:
        names = "bcdefghijklmnopqr"
        await there.come("a1", *(f"{name}1" for name in names))
        assert await there.told("b1") == 1
        told = [await there.told(f"{name}1") for name in names[1:]]
        assert sorted(told[:15]) == list(range(16, 31)), "they do not come in the same moment"
        assert told[15] == told[0]


async def test_the_next_of_one_that_had_its_turn_comes_after_those_that_are_away() -> None:
    async with office() as there:
        await there.come("a1", "b1", "b2", "c1")
        there.give_up("c1")
        await there.end("a1")
        await there.come("c2")
        await there.end("b1")
        await there.end("c2")
        assert there.order == ["a1", "b1", "c2", "b2"]


async def test_a_place_does_not_lapse_while_its_kiosk_waits_here() -> None:
    async with office(waiting=2) as there:
        await there.come("a1", "b1", "c1", "d1")
        again_s = await there.told("d1")
        await there.end("a1")
        await there.come("d2")
        there.now[0] += 2 * again_s + 61
        await there.come("e1")
        await there.refused("e1")
        await there.end("b1")
        await there.end("c1")
        assert there.order == ["a1", "b1", "c1", "d2"]


async def test_who_comes_again_when_a_place_is_free_is_in_line_no_more() -> None:
    async with office(waiting=0) as there:
        await there.come("a1", "b1")
        await there.refused("b1")
        assert there.places.away == 1
        await there.end("a1")
        await there.come("b2")
        assert (there.order, there.places.away) == (["a1", "b2"], 0)


async def test_a_place_does_not_lapse_between_two_looks_at_the_clock_while_its_kiosk_is_here() -> (
    None
):
    async with office(waiting=1) as there:
        await there.come("a1", "b1", "c1")
        again_s = await there.told("c1")
        await there.end("a1")
        await there.come("d1")
        there.now[0] += 2 * again_s + 57.5
        clock = there.places._line._monotonic
        there.places._line._monotonic = lambda: (
            there.now.__setitem__(0, there.now[0] + 1.1) or clock()
        )
        await there.come("c2")
        there.places._line._monotonic = clock
        assert await there.refused("d1") == "1 wait already"
        await there.end("b1")
        await there.end("c2")
        assert there.order == ["a1", "b1", "c2"]
