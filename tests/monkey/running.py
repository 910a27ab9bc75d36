"""Runs a monkey: hypothesis makes up episodes from a seed, and shortens one that fails."""

import asyncio
from collections import Counter

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.monkey.acts import Act, episodes
from tests.monkey.episode import run_episode


def run_monkey(
    from_seed: int, *, count: int, longest: int = 30, shorten: bool = True
) -> Counter[str]:
    """Run so many episodes of a seed; return what was done. Raises what an episode raises.

    With `shorten`, the failing episode is made as short as it can be, which takes its time.
    """
    done: Counter[str] = Counter()
    phases = [Phase.generate, Phase.shrink] if shorten else [Phase.generate]

    @seed(from_seed)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(acts=episodes(longest))
    def monkey(acts: list[Act]) -> None:
        asyncio.run(run_episode(acts, done))

    monkey()
    return done
