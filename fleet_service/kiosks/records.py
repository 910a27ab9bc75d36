"""What the fleet service keeps of kiosks' hosts."""

from typing import ClassVar, Final

from cloud_store.records import Record

DUE: Final = "due"
"""The partition that lists all releases that are due."""


class InstanceRecord(Record):
    """Which kiosk a managed instance is, by the instance's id: no two kiosks have one host."""

    store_kind: ClassVar[str] = "instance"
    kiosk_id: str


class FirstReleaseRecord(Record):
    """A kiosk's host is to be told its first release, by DUE and the kiosk's id.

    It is there from the commit that makes the host a kiosk until ECS has been told.
    """

    store_kind: ClassVar[str] = "first_release"
    instance_id: str
    region: str
    release: str
