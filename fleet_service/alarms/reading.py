"""Alarms and silences as the store has them."""

from collections.abc import AsyncIterator, Mapping
from typing import Final

from cloud_store.port import Item, Store
from fleet_service.alarms.records import NOW, SILENCES, AlarmRecord, SilenceRecord

_PAGE: Final = 500


async def all_alarms(store: Store) -> Mapping[str, AlarmRecord]:
    """Return what is wrong now, or was a moment ago, by the alarms' ids. Raises StoreError."""
    return {
        item.key.sk: AlarmRecord.model_validate(item.body)
        async for item in _all(store, AlarmRecord.store_kind, NOW)
    }


async def all_silences(store: Store) -> Mapping[str, SilenceRecord]:
    """Return all silences, also those that are over, by their scopes. Raises StoreError."""
    return {
        item.key.sk: SilenceRecord.model_validate(item.body)
        async for item in _all(store, SilenceRecord.store_kind, SILENCES)
    }


async def _all(store: Store, kind: str, pk: str) -> AsyncIterator[Item]:
    after = ""
    while items := await store.query(kind, pk, after=after, limit=_PAGE):
        for item in items:
            yield item
        after = items[-1].key.sk
