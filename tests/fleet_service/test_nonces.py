"""A nonce counts once, soon, and only if it is one of ours."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_service.sessions.nonces import LIFE_S, MemoryUsedNonces, NonceRefusedError, Nonces
from tests.support.fleet import FakeFleetClock

SECRET = b"k" * 32


def nonces(clock: FakeFleetClock, secret: bytes = SECRET) -> Nonces:
    return Nonces(secret, MemoryUsedNonces(clock), clock)


async def refusal(known: Nonces, nonce: str) -> str:
    with pytest.raises(NonceRefusedError) as caught:
        await known.use(nonce)
    return str(caught.value)


async def test_it_counts_once() -> None:
    known = nonces(FakeFleetClock())
    nonce = known.make().nonce
    await known.use(nonce)
    assert await refusal(known, nonce) == "the nonce was used before"
    await known.use(known.make().nonce)


async def test_of_many_uses_at_once_one_counts() -> None:
    known = nonces(FakeFleetClock())
    nonce = known.make().nonce
    done = await asyncio.gather(*(known.use(nonce) for _ in range(20)), return_exceptions=True)
    assert sum(one is None for one in done) == 1


async def test_it_counts_for_two_minutes_and_is_then_forgotten() -> None:
    clock = FakeFleetClock()
    known = nonces(clock)
    first, second = known.make().nonce, known.make().nonce
    await known.use(second)
    clock.advance(LIFE_S - 1)
    await known.use(first)
    clock.advance(1)
    assert await refusal(known, known.make().nonce[:-1] + "!") == "the nonce is none of ours"
    assert await refusal(known, first) == "the nonce has expired"
    await known.use(known.make().nonce)
    assert len(known._used._nonces) == len(known._used._ends) == 1  # type: ignore[attr-defined]


async def test_another_task_s_counts() -> None:
    clock = FakeFleetClock()
    used = MemoryUsedNonces(clock)
    await Nonces(SECRET, used, clock).use(Nonces(SECRET, used, clock).make().nonce)


@pytest.mark.parametrize("seconds", [0, 1, -60])
async def test_what_was_made_before_a_restart_does_not_count_whatever_the_clock_says(
    seconds: float,
) -> None:
    clock = FakeFleetClock()
    nonce = nonces(clock).make().nonce
    clock.wall += timedelta(seconds=seconds)
    assert await refusal(nonces(clock), nonce) == "the nonce is none of ours"


@pytest.mark.parametrize("seconds", [LIFE_S, 200])
async def test_a_clock_that_jumps_and_is_set_back_lets_none_count_twice(seconds: float) -> None:
    clock = FakeFleetClock()
    known = nonces(clock)
    nonce = known.make().nonce
    await known.use(nonce)
    clock.wall += timedelta(seconds=seconds)
    await known.use(known.make().nonce)
    clock.wall -= timedelta(seconds=seconds)
    assert await refusal(known, nonce) == "the nonce was used before"


async def test_one_from_a_clock_that_was_far_ahead_does_not_count() -> None:
    clock = FakeFleetClock()
    known = nonces(clock)
    clock.wall += timedelta(seconds=6)
    ahead = known.make().nonce
    clock.wall -= timedelta(seconds=6)
    assert "clock was set back" in await refusal(known, ahead)
    clock.wall += timedelta(seconds=1)
    await known.use(ahead)


async def test_one_of_another_service_is_none_of_ours() -> None:
    clock = FakeFleetClock()
    other = nonces(clock, b"o" * 32).make().nonce
    assert await refusal(nonces(clock), other) == "the nonce is none of ours"


@given(st.data())
async def test_no_other_spelling_of_a_nonce_counts(data: st.DataObject) -> None:
    known = nonces(FakeFleetClock())
    nonce = known.make().nonce
    place = data.draw(st.integers(0, len(nonce) - 1))
    other = data.draw(st.sampled_from("ABCabc019-_=+/ é"))
    changed = data.draw(
        st.sampled_from(
            [nonce[:place] + other + nonce[place + 1 :], nonce + other, nonce[:place], ""]
        )
    )
    if changed != nonce:
        assert await refusal(known, changed) == "the nonce is none of ours"
