"""A ticket API whose disk is full says so, and loses nothing."""

from uuid import uuid4

from cloud_store.sqlite import SqliteStore
from tests.support.full_store import fill_disk, free_disk
from tests.support.ticket_api import World
from tests.support.till import Till


async def test_a_full_disk_is_told_to_kiosks_and_the_same_request_succeeds_once_there_is_room(
    api: World, till: Till
) -> None:
    assert isinstance(api.store, SqliteStore)
    kiosk = api.kiosk()
    request = {"request_id": str(uuid4()), "journal_id": till.journal_id, "quantity": 60}
    (serial,) = await kiosk.serials(till.journal_id, 1)
    batch = {"journal_id": str(till.journal_id), "items": [till.sale([serial], note="x" * 90_000)]}
    before = [await api.line(), await api.ledger()]
    fill_disk(api.store, 1)

    answers = [await kiosk.grant(**request), await kiosk.post("/v1/transactions", batch)]

    for answer in answers:
        assert (answer.status, answer.code) == (503, "upstream_busy")
        assert answer.body["retryable"] is True
        assert "full" in answer.body["detail"]
        assert answer.body["hint"]
        assert int(answer.headers["Retry-After"]) > 0
    assert [await api.line(), await api.ledger()] == before
    free_disk(api.store)
    assert len((await kiosk.grant(**request)).body["tickets"]) == 59
    (outcome,) = await kiosk.upload(till.journal_id, *batch["items"])
    assert (outcome["status"], outcome["replayed"]) == ("settled", False)
