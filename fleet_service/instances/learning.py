"""What a whole sweep changes of what is known. Pure."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fleet_service.instances.ports import HostSeen
from fleet_service.instances.records import HostLookRecord

FORGOTTEN_AFTER: Final = timedelta(days=30)
"""A host that a source has not had for so long is forgotten."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be kept of a host from now on; None: nothing."""

    instance_id: str
    look: HostLookRecord | None


def changes(
    known: Mapping[str, HostLookRecord],
    seen: Mapping[str, HostSeen],
    at: datetime,
    silent: AbstractSet[str] = frozenset(),
) -> Iterator[Change]:
    """Return what a sweep that saw all hosts changes; `at`: when it began.

    `silent`: hosts whose kiosk does not report: each ping of theirs is news.
    """
    for instance_id in sorted({*known, *seen}):
        before = known.get(instance_id)
        if instance_id in seen:
            look = learnt(before, seen[instance_id], at, is_silent=instance_id in silent)
            if look != before:
                yield Change(instance_id, look)
        elif before is not None:
            yield from _missed(instance_id, before, at)


def learnt(
    before: HostLookRecord | None, seen: HostSeen, at: datetime, *, is_silent: bool = False
) -> HostLookRecord:
    """Return what is known of a host after it was seen so; `before` itself if that is no news."""
    # Since when one has been away that nobody saw before, nobody knows: it counts from now.
    changed_at = None if seen.connected else at
    if before is not None and before.arn == seen.arn and before.version > seen.version:
        # An event was faster than the sweep.
        return before
    if before is not None:
        changed_at = before.changed(seen.status, at, connected=seen.connected)
    look = HostLookRecord(
        status=seen.status,
        connected=seen.connected,
        changed_at=changed_at,
        release=seen.release,
        kiosk_name=seen.kiosk_name,
        agent_version=seen.agent_version,
        told_at=seen.told_at,
        arn=seen.arn,
        version=seen.version,
        heard_at=None if before is None else before.heard_at,
    )
    if before is None or (is_silent and look.told_at != before.told_at):
        return look
    return before if _news(look) == _news(before) else look


def _news(look: HostLookRecord) -> HostLookRecord:
    # Pings come every five minutes, a write each; of one that reports they say nothing more. And
    # ECS counts what says nothing: resources, health.
    return look.model_copy(update={"told_at": None, "version": 0})


def _missed(instance_id: str, before: HostLookRecord, at: datetime) -> Iterator[Change]:
    if before.heard_at is not None and before.heard_at >= at:
        # It came while the sweep was under way.
        return
    if before.status:
        # What it was told last stays in sight.
        gone = before.model_copy(update={"status": "", "connected": False, "changed_at": at})
        yield Change(instance_id, gone)
    elif before.changed_at is not None and at - before.changed_at > FORGOTTEN_AFTER:
        yield Change(instance_id, None)
