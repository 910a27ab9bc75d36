"""What a workspace counts as read, and when."""

import pytest

from cloud_store.port import ConditionFailedError, Store
from cloud_store.workspace import Workspace, key_of
from core_services.ticket_api.records import EventNoRecord


async def changed(store: Store, event_id: str) -> Workspace:
    """Return a workspace with one change that is not committed."""
    workspace = Workspace(store)
    await workspace.load([key_of(EventNoRecord, 1), key_of(EventNoRecord, 2)])
    workspace.put(EventNoRecord(event_id=event_id), 1)
    return workspace


async def test_what_is_handed_over_counts_as_read_and_is_changed_again_after_it(
    store: Store,
) -> None:
    workspace = await changed(store, "a")

    await workspace.begin_commit()
    assert workspace.get(EventNoRecord, 1) == EventNoRecord(event_id="a")
    workspace.put(EventNoRecord(event_id="b"), 1)
    await workspace.finish_commit()
    await workspace.commit()

    item = await store.get(key_of(EventNoRecord, 1))
    assert item is not None
    assert (item.version, item.body) == (2, {"event_id": "b"})


async def test_one_commit_is_under_way_at_a_time(store: Store) -> None:
    workspace = await changed(store, "a")

    await workspace.begin_commit()
    workspace.put(EventNoRecord(event_id="b"), 2)
    with pytest.raises(RuntimeError, match="finish it first"):
        await workspace.begin_commit()
    await workspace.finish_commit()

    assert await store.get(key_of(EventNoRecord, 2)) is None


async def test_who_was_beaten_is_told_when_it_finishes(store: Store) -> None:
    first, second = await changed(store, "a"), await changed(store, "b")

    await first.commit()
    await second.begin_commit()
    with pytest.raises(ConditionFailedError):
        await second.finish_commit()

    item = await store.get(key_of(EventNoRecord, 1))
    assert item is not None
    assert item.body == {"event_id": "a"}


async def test_a_commit_rests_on_what_it_says_it_rests_on(store: Store) -> None:
    first, second = await changed(store, "a"), Workspace(store)
    await second.load([key_of(EventNoRecord, number) for number in (1, 2, 3)])
    second.put(EventNoRecord(event_id="b"), 2)
    second.rest_on(EventNoRecord, 1)
    second.rest_on(EventNoRecord, 2)
    await first.commit()
    with pytest.raises(ConditionFailedError) as refused:
        await second.commit()
    assert refused.value.key == key_of(EventNoRecord, 1)
    assert await store.get(key_of(EventNoRecord, 2)) is None

    second.forget()
    await second.load([key_of(EventNoRecord, 1), key_of(EventNoRecord, 2)])
    second.put(EventNoRecord(event_id="b"), 2)
    second.rest_on(EventNoRecord, 1)
    await second.commit()
    assert await store.get(key_of(EventNoRecord, 2)) is not None
    # Said for one commit; the next rests on nothing that it does not name.
    await first.load([key_of(EventNoRecord, 3)])
    first.put(EventNoRecord(event_id="c"), 1)
    await first.commit()
    second.put(EventNoRecord(event_id="d"), 2)
    await second.commit()
    with pytest.raises(KeyError):
        second.rest_on(EventNoRecord, 4)
