"""The gates' feed: every fact of the venue once, in order, page by page, from any cursor on."""

import pytest

from tests.support.ticket_api import VENUE, Caller, World, event
from tests.support.till import Till


@pytest.fixture
async def facts(kiosk: Caller, till: Till) -> int:
    """Let five tickets in."""
    serials = await kiosk.serials(till.journal_id, 5)
    await kiosk.upload(till.journal_id, *(till.admission(serial) for serial in serials))
    return 5


async def test_a_gate_that_knows_nothing_gets_everything(kiosk: Caller, facts: int) -> None:
    feed = (await kiosk.get("/v1/gate-feed")).body

    assert [entry["cursor"] for entry in feed["entries"]] == list(range(1, facts + 1))
    assert (feed["next_cursor"], feed["more"]) == (facts, False)


async def test_pages_join_without_gap_or_overlap_and_say_if_there_is_more(
    kiosk: Caller, facts: int
) -> None:
    pages, after, more = [], 0, True
    while more:
        page = (await kiosk.get(f"/v1/gate-feed?after={after}&limit=2")).body
        after, more = page["next_cursor"], page["more"]
        pages.append([entry["cursor"] for entry in page["entries"]])

    assert pages == [[1, 2], [3, 4], [5]]
    assert after == facts


async def test_a_page_that_ends_with_the_last_fact_says_that_there_is_no_more(
    kiosk: Caller, facts: int
) -> None:
    page = (await kiosk.get(f"/v1/gate-feed?limit={facts}")).body

    assert (len(page["entries"]), page["more"]) == (facts, False)


@pytest.mark.usefixtures("facts")
@pytest.mark.parametrize("after", [5, 6, 10**12 - 1])
async def test_a_gate_that_knows_all_keeps_its_cursor(kiosk: Caller, after: int) -> None:
    feed = (await kiosk.get(f"/v1/gate-feed?after={after}")).body

    assert (feed["entries"], feed["next_cursor"], feed["more"]) == ([], after, False)


async def test_a_kiosk_that_was_moved_still_tells_the_venue_what_it_did_with_its_own_tickets(
    api: World, kiosk: Caller, till: Till
) -> None:
    (serial,) = await kiosk.serials(till.journal_id, 1)
    sale = till.sale([serial])
    moved = api.kiosk("kiosk-a", "old-mill")

    outcomes = await moved.upload(
        till.journal_id, sale, till.admission(serial), till.exit(serial), till.void(sale)
    )

    assert {each["status"] for each in outcomes} == {"settled"}
    here = (await api.kiosk("kiosk-b").get("/v1/gate-feed")).body["entries"]
    assert [entry["fact"] for entry in here] == ["admitted", "exited", "revoked"]
    assert (await moved.get("/v1/gate-feed")).body["entries"] == []


async def test_a_fact_of_an_event_that_nobody_knows_goes_to_the_kiosks_own_venue(
    api: World, till: Till
) -> None:
    mill = api.kiosk("kiosk-m", "old-mill")

    await mill.upload(till.journal_id, till.admission("0000000000", event_id="unheard-of"))

    assert len((await mill.get("/v1/gate-feed")).body["entries"]) == 1
    assert (await api.kiosk().get("/v1/gate-feed")).body["entries"] == []


async def test_refunds_and_write_offs_reach_the_gates_with_their_reason(
    api: World, kiosk: Caller, till: Till
) -> None:
    await api.ops().put("/v1/ops/events/macbeth", event("macbeth", event_no=102).to_json())
    sold, left = await kiosk.serials(till.journal_id, 2)
    sale = till.sale([sold])
    await kiosk.upload(till.journal_id, sale, till.refund(sale))
    await api.write_off(till.journal_id)

    entries = (await kiosk.get("/v1/gate-feed")).body["entries"]

    assert [(each["fact"], each["serial"], each["reason"]) for each in entries] == [
        ("revoked", sold, "refunded"),
        ("revoked", left, "written_off"),
    ]
    head = await api.body("feed_head", VENUE)
    assert head["cursor"] == 2
