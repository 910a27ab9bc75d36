"""A transaction nested too deep to be read is sent as text, is kept, and leaves no gap."""

import json
from typing import Any

from tests.support.ticket_api import Caller, World
from tests.support.till import Till


def _too_deep(item: dict[str, Any]) -> dict[str, Any]:
    deep: Any = 1
    for _ in range(70):
        deep = [deep]
    return {**item, "payload": {"x": deep}}


async def test_its_text_is_kept_once_in_its_place(api: World, kiosk: Caller, till: Till) -> None:
    first, second, third = till.shift(), _too_deep(till.shift()), till.shift()
    whole = await kiosk.post(
        "/v1/transactions", {"journal_id": str(till.journal_id), "items": [second]}
    )
    assert (whole.status, whole.code) == (422, "body_invalid")
    text = json.dumps(second)
    outcomes = await kiosk.upload(till.journal_id, first, text, third, text)
    assert [one["status"] for one in outcomes] == [
        "settled",
        "quarantined",
        "settled",
        "quarantined",
    ]
    assert (outcomes[1]["txn_id"], outcomes[1]["code"]) == (None, "payload_unreadable")
    assert outcomes[2]["flags"] == []
    [raw] = await api.store.query("raw", str(till.journal_id))
    assert json.loads(raw.body["item"]) == text
    entries = await kiosk.get(f"/v1/journals/{till.journal_id}/entries?after=0&limit=10")
    assert [one["sequence"] for one in entries.body["entries"]] == [1, 2, 3]


async def test_text_nested_without_end_is_kept_too(kiosk: Caller, till: Till) -> None:
    [outcome] = await kiosk.upload(till.journal_id, "[" * 100_000)
    assert (outcome["status"], outcome["code"]) == ("quarantined", "payload_unreadable")
