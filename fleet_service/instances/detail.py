"""One kiosk with all that is known of it."""

from cloud_store.port import Store
from cloud_store.workspace import Workspace
from fleet_service.instances.history import HistoryRecord
from fleet_service.instances.service import Instances
from fleet_service.instances.telling import told_kiosk
from kiosk_contracts.instances import InstanceDetail


class KioskDetails:
    """A kiosk as it is now, and how it came there."""

    def __init__(self, store: Store, instances: Instances) -> None:
        self._store = store
        self._instances = instances

    async def get(self, kiosk_id: str) -> InstanceDetail:
        """Return it; raises ProblemError 404 `kiosk_unknown`, and StoreError."""
        venue, kiosk = await self._instances.one(kiosk_id)
        known = await Workspace(self._store).fetch(HistoryRecord, kiosk_id) or HistoryRecord()
        return InstanceDetail(
            instance=told_kiosk(kiosk),
            venue_open=venue.is_open,
            history=known.changes,
            sold_offline=known.sold_offline,
        )
