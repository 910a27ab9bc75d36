"""What the fleet service keeps of what it was told about hosts."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Final

from pydantic import AwareDatetime

from cloud_store.port import Store
from cloud_store.records import Record
from fleet_service.instances.views import EcsView, SsmView

SWEEPS: Final = "sweeps"
"""The partition of all sweeps."""
WATCH: Final = "watch"
"""Where the one WatchRecord lives, and the name of the lease under which it is written."""


class HostLookRecord(Record):
    """What a source has of a host, by the source's name and the host's id.

    Written only when it changed: how old it is, is said by the source's last whole sweep.
    """

    store_kind: ClassVar[str] = "host_look"
    status: str
    """Empty: the source does not have it (any more)."""
    connected: bool = False
    changed_at: AwareDatetime | None = None
    """When `connected` was first seen so, or that the source has it, or has not; None: it was when
    it was first seen, and it was connected."""
    release: str = ""
    kiosk_name: str = ""
    agent_version: str = ""
    told_at: AwareDatetime | None = None
    """Of Systems Manager: the last ping, of a host whose kiosk does not report; of others the last
    one that was known when anything else changed."""
    arn: str = ""
    """Of its container instance."""
    version: int = 0
    """ECS's, of what was seen or heard when anything else changed."""
    heard_at: AwareDatetime | None = None
    """When an event last told of it."""

    def changed(self, status: str, at: datetime, *, connected: bool) -> datetime | None:
        """Return `changed_at` once it is so. Another status is no other connection."""
        known, told = (bool(self.status), self.connected), (bool(status), connected)
        return self.changed_at if known == told else at

    def as_ecs(self, looked_at: datetime) -> EcsView:
        """Return it as what ECS said."""
        return EcsView(looked_at, self.status, self.connected, self.changed_at, self.release)

    def as_ssm(self, looked_at: datetime) -> SsmView:
        """Return it as what Systems Manager said."""
        return SsmView(looked_at, self.status, self.told_at)


class SweepRecord(Record):
    """How asking a source about all hosts went, by SWEEPS and the source's name."""

    store_kind: ClassVar[str] = "sweep"
    words: str = ""
    """The source as operators say it."""
    looked_at: AwareDatetime | None = None
    """When the last one began that saw all hosts; None: none did."""
    took_ms: int = 0
    """How long that one took."""
    hosts: int = 0
    """How many it saw."""
    failed_at: AwareDatetime | None = None
    """When one last failed; None: none has since the last whole one."""
    failure: str = ""
    """Why."""
    failed_in_a_row: int = 0


class WatchRecord(Record):
    """That this service judges its kiosks, at WATCH: written with every round."""

    store_kind: ClassVar[str] = "watch"
    looked_at: AwareDatetime
    since: AwareDatetime
    """Since when there was a round at least as often as a report says something of now. Silence
    from before that is no kiosk's: nobody listened."""
    judged_at: AwareDatetime | None = None
    """When a round last came to its end; None: none has yet."""


async def all_looks(store: Store, source: str) -> Mapping[str, HostLookRecord]:
    """Return what a source has of hosts, by their ids."""
    found: dict[str, HostLookRecord] = {}
    after = ""
    while items := await store.query(HostLookRecord.store_kind, source, after=after, limit=_PAGE):
        found |= {item.key.sk: HostLookRecord.model_validate(item.body) for item in items}
        after = items[-1].key.sk
    return found


async def all_sweeps(store: Store) -> Mapping[str, SweepRecord]:
    """Return how asking each source went, by the sources' names."""
    items = await store.query(SweepRecord.store_kind, SWEEPS, limit=_PAGE)
    return {item.key.sk: SweepRecord.model_validate(item.body) for item in items}


_PAGE: Final = 500
