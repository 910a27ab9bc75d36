"""Models that share the sets of their fields' names are what they were."""

from datetime import UTC, datetime

from fleet_service.heap import with_shared_names
from fleet_service.heartbeats.last_seen import LastSeen
from kiosk_contracts.heartbeats import Heartbeat
from tests.support.fleet import JOURNAL_ID

NOW = datetime(2026, 11, 26, 20, 0, tzinfo=UTC)


def seen(queued: int) -> LastSeen:
    told = {
        "kiosk_id": "till-hb1",
        "journal_id": str(JOURNAL_ID),
        "epoch": 1,
        "agent_version": "0.1.0",
        "device_time": NOW,
        "last_sequence": 7,
        "queued": queued,
        "parked": 0,
        "quarantined": 0,
        "ui": {"source": "ecs", "unheard_of": 1},
        "stock": [{"event_id": "tide", "ticket_type_id": "adult", "left": 3}] * 2,
    }
    return LastSeen.of(Heartbeat.model_validate(told), NOW)


def test_models_of_one_kind_share_their_names_with_their_parts() -> None:
    one, two = (with_shared_names(seen(queued)) for queued in (1, 2))
    assert one.model_fields_set is two.model_fields_set
    assert one.stock[0].model_fields_set is two.stock[1].model_fields_set
    assert one.ui is not None
    assert two.ui is not None
    assert one.ui.model_fields_set is two.ui.model_fields_set


def test_each_says_what_it_said_and_a_copy_changes_no_other() -> None:
    one = with_shared_names(seen(1))
    assert one == seen(1)
    assert one.to_json() == seen(1).to_json()
    before = set(one.model_fields_set)
    copy = one.model_copy(update={"of_a_newer_agent": 5, "queued": 3})
    assert copy.queued == 3
    assert with_shared_names(seen(2)).model_fields_set == before
