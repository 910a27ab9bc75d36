"""What the fleet service keeps of the way to the ticket API."""

from datetime import timedelta
from typing import ClassVar, Final

from pydantic import AwareDatetime

from cloud_store.records import Record

PATH: Final = "path"
"""Where the one PathRecord lives."""
PATH_SPEAKS: Final = timedelta(minutes=5)
"""For so long it says something of now that a task got through; each tries every other minute."""


class PathRecord(Record):
    """When a task of the service last got through to the ticket API, at PATH."""

    store_kind: ClassVar[str] = "path"
    looked_at: AwareDatetime | None = None
    """None: none ever did."""
    failed_at: AwareDatetime | None = None
    """When one last did not; None: none has failed since one got through."""
    failure: str = ""
    """Why."""
