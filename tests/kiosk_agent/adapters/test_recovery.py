"""Damage of every kind to real files: the journal opens, and nothing repeats or is unsaid."""

import random
from pathlib import Path

import pytest

from tests.support.salvage import scene


@pytest.mark.parametrize("seed", range(40))
async def test_flipped_bits(seed: int, tmp_path: Path) -> None:
    s = await scene(tmp_path)
    chance = random.Random(seed)
    s.flip(chance)
    await s.check()
