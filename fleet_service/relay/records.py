"""What the fleet service keeps of the way to the ticket API."""

from datetime import datetime, timedelta
from typing import ClassVar, Final, Self

from pydantic import AwareDatetime

from cloud_store.records import Record

PATH: Final = "path"
"""Where the one PathRecord lives."""
PATH_SPEAKS: Final = timedelta(minutes=5)
"""For so long it says something of now that a task got through; each tries every other minute."""
PATH_LASTS: Final = timedelta(minutes=2)
"""So long it is to be shut, as far as that is known, until people are called."""


class PathRecord(Record):
    """When a task of the service last got through to the ticket API, at PATH."""

    store_kind: ClassVar[str] = "path"
    looked_at: AwareDatetime | None = None
    """None: none ever did."""
    back_at: AwareDatetime | None = None
    """When one did for the first time after people were called; None: that never was."""
    failed_at: AwareDatetime | None = None
    """When one last did not; None: none has failed since one got through."""
    failure: str = ""
    """Why."""

    def through(self, now: datetime) -> Self:
        """Return it as it is once a task got through."""
        last = self.looked_at
        called = PATH_SPEAKS + PATH_LASTS
        cut_off = self.failed_at is not None if last is None else now - last > called
        return type(self)(looked_at=now, back_at=now if cut_off else self.back_at)
