"""A store on a disk without room, by SQLite's own limit of pages."""

from cloud_store.sqlite import SqliteStore


def fill_disk(store: SqliteStore, room_pages: int) -> None:
    """Let the disk have room for so many more pages."""
    (pages,) = store._writer.execute("PRAGMA page_count").fetchone()
    store._writer.execute(f"PRAGMA max_page_count = {pages + room_pages}")


def free_disk(store: SqliteStore) -> None:
    """Let the disk have room again."""
    store._writer.execute("PRAGMA max_page_count = 1000000")
