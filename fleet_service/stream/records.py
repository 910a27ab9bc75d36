"""What the fleet service keeps of what changed, so that every task tells the same in one order."""

from typing import ClassVar, Final

from cloud_store.records import Record

HEAD: Final = "head"
"""Where the one StreamHeadRecord lives."""


class StreamHeadRecord(Record):
    """Which entries there are, at HEAD: written with every entry."""

    store_kind: ClassVar[str] = "stream_head"
    epoch: str
    """Made with the first entry: positions of another store mean nothing here."""
    last: int = 0
    """The number of the newest entry; they have no gaps."""
    oldest: int = 1
    """The number of the oldest one that is still kept."""


class StreamEntryRecord(Record):
    """What changed together, by the epoch and `entry_key`: names, not what they look like now."""

    store_kind: ClassVar[str] = "stream_entry"
    marks: tuple[tuple[str, str], ...]
    """Kind and id of each."""
    marks_standings: bool = False
    """Whether whoever wrote it marks `standing` where that changed; an older task did not."""


def entry_key(number: int) -> str:
    """Return the sort key of an entry: they are read in their order."""
    return f"{number:016}"
