"""A status told as what changed since the one before says all that the whole one says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uuid6 import uuid7

from kiosk_contracts.kiosk_status import KioskStatus
from kiosk_contracts.status_changes import NothingToChangeError, stock_changes, with_changes

_KINDS = [(f"event-{event}", f"type-{kind}") for event in range(4) for kind in range(3)]

_SAME = {
    "kiosk_id": "kiosk-a",
    "kiosk_code": "HB1",
    "venue_name": "Harbour Hall",
    "agent_version": "1",
    "line": "online",
    "line_since": "2026-11-21T20:15:10Z",
    "last_contact_at": None,
    "journal_id": str(uuid7()),
    "epoch": 1,
    "last_sequence": 0,
    "counts": {},
    "oldest_unsent_at": None,
    "open_carts": 0,
    "draining": False,
    "warnings": [],
}


def _status(lefts: dict[tuple[str, str], int], unsent: int = 0) -> KioskStatus:
    return KioskStatus.model_validate(
        {
            **_SAME,
            "unsent": unsent,
            "stock": [
                {
                    "event_id": event,
                    "event_name": event,
                    "ticket_type_id": kind,
                    "ticket_type_name": kind,
                    "left": left,
                    "held": 0,
                }
                for (event, kind), left in lefts.items()
            ],
        }
    )


_STATUSES = st.builds(
    _status,
    st.dictionaries(st.sampled_from(_KINDS), st.integers(0, 3)),
    st.integers(0, 3),
)


@given(_STATUSES, _STATUSES)
def test_what_was_told_as_changes_is_the_whole_status(
    before: KioskStatus, now: KioskStatus
) -> None:
    changes = stock_changes(now, before)
    same_lines = [(one.event_id, one.ticket_type_id) for one in before.stock] == [
        (one.event_id, one.ticket_type_id) for one in now.stock
    ]
    assert (changes is not None) == same_lines
    if changes is not None:
        told = KioskStatus.model_validate_json(changes.model_dump_json())
        assert with_changes(before, told) == now
        assert all(line not in before.stock for line in told.stock), "only what changed is told"


def test_a_season_of_which_one_line_changed_is_told_by_that_line() -> None:
    lefts = dict.fromkeys(_KINDS, 5)
    before, now = _status(lefts), _status({**lefts, _KINDS[7]: 4}, unsent=1)
    changes = stock_changes(now, before)
    assert changes is not None
    assert [(one.event_id, one.ticket_type_id, one.left) for one in changes.stock] == [
        (*_KINDS[7], 4)
    ]
    assert changes.unsent == 1


def test_a_change_of_a_line_that_nobody_told_is_refused() -> None:
    before, changes = _status({_KINDS[0]: 5}), _status({_KINDS[1]: 4})
    with pytest.raises(NothingToChangeError, match="event-0 type-1"):
        with_changes(before, changes)
