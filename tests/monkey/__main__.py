"""Lets a monkey work a kiosk for minutes: `make monkey`. Its exit status is the verdict.

python -m tests.monkey [--seed N] [--minutes 3] [--shorten]

Each round has a seed of its own, the first that which was given; a round that finds something says
with which seed it is found again. `--shorten` takes many minutes.
"""

import argparse
import logging
import random
import sys
import time
import traceback
from collections import Counter
from typing import Final

import structlog

from tests.monkey.running import run_monkey

_ROUND: Final = 20
"""Episodes between two looks at the clock."""


def main() -> int:
    """Run rounds until the time is up, print what was done; 1 if something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.monkey")
    parser.add_argument("--seed", type=int, default=None, help="default: another each time")
    parser.add_argument("--minutes", type=float, default=3, help="default: %(default)g")
    parser.add_argument("--shorten", action="store_true", help="of what fails, find the shortest")
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    seed = random.randrange(1_000_000) if given.seed is None else given.seed
    ends_at = time.monotonic() + 60 * given.minutes
    done: Counter[str] = Counter()
    print(f"monkey: SEED={seed}, {given.minutes:g} minutes", flush=True)
    while not done or time.monotonic() < ends_at:
        try:
            done += run_monkey(seed, count=_ROUND, shorten=given.shorten)
        except Exception:  # noqa: BLE001  whatever it is, it is what was looked for
            traceback.print_exc()
            print(f"\nFOUND: again with make monkey SEED={seed} MINUTES=0", flush=True)
            return 1
        print(f"  seed {seed}: {done['keys']:,} keys in {done['episodes']:,} episodes", flush=True)
        seed += 1
    print()
    for name, count in sorted(done.items()):
        print(f"{name:<28}{count:>10,}")
    print("\nno traceback, no inconsistent journal")
    return 0


if __name__ == "__main__":
    sys.exit(main())
