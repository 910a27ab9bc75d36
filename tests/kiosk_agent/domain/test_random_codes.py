"""Ten thousand codes that nobody signed: none is green, and each refusal says what to do."""

import random
from collections import Counter

import pytest

from kiosk_agent.adapters.ed25519 import verify_ed25519
from kiosk_agent.domain.gates import read_code
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.scanning import CODE_CHARACTERS
from kiosk_contracts.serials import format_serial
from kiosk_contracts.ticket_code import PREFIX
from tests.support.tickets import Signer

COUNT = 10_000


def _garbled(dice: random.Random, good: str) -> str:
    """Return something that a bad scanner, or a forger, makes of a good code."""
    at = dice.randrange(len(good))
    other = dice.choice(CODE_CHARACTERS)
    match dice.randrange(6):
        case 0:
            return PREFIX + "".join(dice.choices(CODE_CHARACTERS, k=118))
        case 1:
            return good[:at] + other + good[at + 1 :]
        case 2:
            return good[:at]
        case 3:
            return good[:at] + good[at + 1 :]
        case 4:
            return good[:at] + good
        case _:
            return "".join(chr(dice.randrange(1, 0x2FF)) for _ in range(dice.randrange(300)))


def test_ten_thousand_random_codes_none_is_green() -> None:
    dice = random.Random(20261126)  # noqa: S311  seeded randomness is the point
    signer = Signer()
    keys = {1: signer.verify_key()}
    good = [signer.code(format_serial(number)) for number in range(20)]
    refusals: Counter[str] = Counter()
    for _ in range(COUNT):
        text = _garbled(dice, dice.choice(good))
        if text in good:
            refusals["as it was"] += 1
            continue
        with pytest.raises(ProblemError) as refused:
            read_code(text, keys, verify_ed25519)
        problem = refused.value.problem
        refusals[problem.code] += 1
        assert (problem.model_extra or {})["verdict"] in {"red", "amber"}, text
        assert problem.hint
    assert refusals.total() == COUNT
    assert {"ticket_forged", "ticket_truncated", "ticket_foreign"} <= set(refusals)
