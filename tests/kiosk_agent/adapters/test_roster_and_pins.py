"""The roster file, PIN hashes and signatures."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk_agent.adapters.ed25519 import verify_ed25519
from kiosk_agent.adapters.pin_hashes import ArgonPinHashes
from kiosk_agent.adapters.roster_file import load_roster
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.staff import StaffRole
from tests.support.ui_socket import CHEAP_PINS

ANA = {
    "staff_id": "ana",
    "name": "Ana",
    "role": "cashier",
    "pin_hash": "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA",
}


def test_a_roster_is_read(tmp_path: Path) -> None:
    path = tmp_path / "roster.json"
    path.write_text(json.dumps([ANA, {**ANA, "staff_id": "mia", "role": "manager"}]))
    roster = load_roster(path)
    assert [member.staff_id for member in roster.members] == ["ana", "mia"]
    mia = roster.find("mia")
    assert mia is not None
    assert mia.role is StaffRole.MANAGER
    assert roster.find("bob") is None


@pytest.mark.parametrize(
    ("roster", "said"),
    [
        ("{", "the file"),
        ([], "the file"),
        ({}, "the file"),
        ([{**ANA, "role": "boss"}], "entry 1 role"),
        ([ANA, {**ANA, "staff_id": "Mia"}], "entry 2 staff_id"),
        ([{**ANA, "pin_hash": "1234"}], "entry 1 pin_hash"),
        ([{**ANA, "pin": "1234"}], "entry 1 pin"),
        ([{**ANA, "name": "A\u0000"}], "entry 1 name"),
        ([ANA, ANA], "more than one entry for ana"),
    ],
)
def test_a_roster_that_is_wrong_says_where(tmp_path: Path, roster: Any, said: str) -> None:
    path = tmp_path / "roster.json"
    path.write_text(roster if isinstance(roster, str) else json.dumps(roster))
    with pytest.raises(ProblemError) as caught:
        load_roster(path)
    assert caught.value.code == "setting_invalid"
    assert said in caught.value.problem.detail
    assert "1234" not in caught.value.problem.detail, "no PIN is shown"


def test_a_roster_that_is_missing_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="No such file"):
        load_roster(tmp_path / "nowhere.json")


def test_a_pin_fits_its_own_hash_alone() -> None:
    first, second = CHEAP_PINS.hash("2468"), CHEAP_PINS.hash("2468")
    assert first != second, "each hash has a salt of its own"
    assert first.startswith("$argon2id$")
    assert CHEAP_PINS.fits(first, "2468")
    assert not CHEAP_PINS.fits(first, "2469")
    assert not CHEAP_PINS.fits("not a hash", "2468")


def test_a_real_hash_costs_memory() -> None:
    assert "m=16384,t=2,p=1" in ArgonPinHashes().hash("2468")


def test_only_the_keys_holder_signs() -> None:
    key = Ed25519PrivateKey.generate()
    public, signature = key.public_key().public_bytes_raw(), key.sign(b"ticket")
    assert verify_ed25519(public, signature, b"ticket")
    assert not verify_ed25519(public, signature, b"Ticket")
    assert not verify_ed25519(public, bytes(64), b"ticket")
    assert not verify_ed25519(b"short", signature, b"ticket")
