"""What the store keeps of a lease."""

from typing import ClassVar

from pydantic import AwareDatetime

from cloud_store.records import Record


class LeaseRecord(Record):
    """Who has a lease until when, by its name."""

    store_kind: ClassVar[str] = "lease"
    holder: str
    until: AwareDatetime
    """By the holder's clock when it was taken or renewed; one given back ended then."""


class TermRecord(Record):
    """Which term of a lease runs, by its name. It changes with the holder alone.

    What is written under a lease rests on this record, so that the store itself refuses what a
    former holder still writes; a renewal is no reason to refuse.
    """

    store_kind: ClassVar[str] = "lease_term"
    term: int
    holder: str
