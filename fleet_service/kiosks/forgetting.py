"""Forgetting who a kiosk's host was, so that its name can be another's."""

from cloud_store.workspace import Workspace, key_of
from fleet_service.enrolment.records import GrantRecord, HostRecord
from fleet_service.heartbeats.stored import SeenRecord
from fleet_service.kiosks.records import (
    DUE,
    FirstReleaseRecord,
    InstanceRecord,
    KioskReleaseRecord,
)
from fleet_service.venues.records import KioskRecord


async def forget_host(workspace: Workspace, kiosk_id: str, kiosk: KioskRecord) -> None:
    """Let nothing of the host that was granted the name stand in another's way."""
    await workspace.load([key_of(FirstReleaseRecord, DUE, kiosk_id)])
    workspace.delete(FirstReleaseRecord, DUE, kiosk_id)
    # Another host was told nothing yet.
    await workspace.load([key_of(KioskReleaseRecord, kiosk_id)])
    workspace.delete(KioskReleaseRecord, kiosk_id)
    # What it said last is of its own journal and disk.
    await workspace.load([key_of(SeenRecord, kiosk_id)])
    workspace.delete(SeenRecord, kiosk_id)
    await release_machine(workspace, kiosk_id)
    if await workspace.fetch(GrantRecord, kiosk_id) is not None:
        workspace.delete(GrantRecord, kiosk_id)
    if kiosk.instance_id is not None:
        await workspace.load([key_of(InstanceRecord, kiosk.instance_id)])
        workspace.delete(InstanceRecord, kiosk.instance_id)


async def release_machine(workspace: Workspace, kiosk_id: str) -> None:
    """Let the machine that was granted the name be granted another."""
    grant = await workspace.fetch(GrantRecord, kiosk_id)
    if grant is None:
        return
    machine = await workspace.fetch(HostRecord, grant.host_id)
    if machine is not None and machine.kiosk_id == kiosk_id:
        workspace.delete(HostRecord, grant.host_id)
