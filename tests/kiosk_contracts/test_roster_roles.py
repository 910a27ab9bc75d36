"""A roster with roles of a newer version."""

import pytest
from pydantic import ValidationError

from kiosk_contracts.roster import PutRoster, VenueRoster

HASH = "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo"


def _person(staff_id: str, role: object) -> dict[str, object]:
    return {"staff_id": staff_id, "name": staff_id, "role": role, "pin_hash": HASH}


def test_whoever_has_a_role_that_is_not_known_here_is_left_out_and_the_others_stay() -> None:
    people = [_person("ana", "cashier"), _person("zoe", "astronaut"), _person("tess", "technician")]
    read = VenueRoster.model_validate({"version": 3, "members": people})
    assert [one.staff_id for one in read.members] == ["ana", "tess"]


def test_what_is_no_role_is_refused_and_so_is_an_unknown_one_that_operators_set() -> None:
    with pytest.raises(ValidationError):
        VenueRoster.model_validate({"version": 3, "members": [_person("ana", 7)]})
    with pytest.raises(ValidationError):
        PutRoster.model_validate({"members": [_person("mia", "manager"), _person("z", "captain")]})
