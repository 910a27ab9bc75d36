"""What the ticket API holds of a journal, for the kiosk to compare."""

from tests.support.ticket_api import Caller, World
from tests.support.till import Till


async def test_the_entries_stand_in_order_page_by_page_each_with_its_status(
    kiosk: Caller, till: Till
) -> None:
    shifts = [till.shift() for _ in range(4)]
    refused = till.sale(["0000000000"])
    unreadable = till.transaction("sale", {"lines": 7})
    await kiosk.upload(till.journal_id, *shifts[:3], refused, {**unreadable, "payload": 7})
    path = f"/v1/journals/{till.journal_id}/entries"

    first = (await kiosk.get(f"{path}?limit=3")).body
    rest = (await kiosk.get(f"{path}?after=3")).body

    assert (first["journal_id"], first["more"], rest["more"]) == (str(till.journal_id), True, False)
    found = [*first["entries"], *rest["entries"]]
    sent = [*shifts[:3], refused, unreadable]
    assert [(one["sequence"], one["txn_id"], one["hash"]) for one in found] == [
        (item["envelope"]["sequence"], item["envelope"]["txn_id"], item["envelope"]["hash"])
        for item in sent
    ]
    assert [one["status"] for one in found] == ["settled"] * 3 + ["quarantined", "kept"]


async def test_a_transaction_of_another_journal_under_the_same_id_is_no_answer_for_this_one(
    api: World, kiosk: Caller, till: Till
) -> None:
    other = Till()
    shift = other.shift()
    await api.kiosk("kiosk-b").upload(other.journal_id, shift)
    copied = till.transaction("shift_opened", {"x": 1}, txn_id=shift["envelope"]["txn_id"])
    await kiosk.upload(till.journal_id, copied)
    [entry] = (await kiosk.get(f"/v1/journals/{till.journal_id}/entries")).body["entries"]
    assert entry["status"] == "kept"


async def test_a_journal_that_nobody_used_has_none_and_anothers_is_refused(
    api: World, kiosk: Caller, till: Till
) -> None:
    path = f"/v1/journals/{till.journal_id}/entries"
    assert (await kiosk.get(path)).body["entries"] == []
    await kiosk.upload(till.journal_id, till.shift())
    refused = await api.kiosk("kiosk-b").get(path)
    assert (refused.status, refused.code) == (403, "journal_of_another_kiosk")


async def test_figures_out_of_bounds_are_refused(kiosk: Caller, till: Till) -> None:
    path = f"/v1/journals/{till.journal_id}/entries"
    for query in ("limit=0", "limit=1001", "after=-1", "after=x"):
        assert (await kiosk.get(f"{path}?{query}")).status == 422
    assert (await kiosk.get("/v1/journals/7/entries")).code == "body_invalid"
