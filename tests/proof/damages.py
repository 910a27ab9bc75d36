"""Harm that comes to the files of a kiosk that is down, and what can be read of them after it."""

import gzip
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import UUID

from kiosk_contracts.kiosk_status import JournalState

NAME: Final = "journal.db"
_WAL: Final = f"{NAME}-wal"
_LEAF, _INTERIOR = 13, 5
"""What pages of a table begin with."""
_NOTES: Final = ("journal_id", "epoch", "kiosk_id", "last_sequence", "head_hash", "gate_cursor")


def harm_notes(folder: Path, sequences: Sequence[int], pick: int) -> None:
    """Overwrite one of the journal's notes on itself."""
    del sequences
    _execute(folder, ("UPDATE meta SET value = 'x' WHERE key = ?", _NOTES[pick % len(_NOTES)]))


def remove_rows(folder: Path, sequences: Sequence[int], pick: int) -> None:
    """Remove up to three transactions, the newest or others, and the note that tells of it."""
    first = pick % len(sequences) if pick % 2 and sequences else -1 - pick % 3
    for sequence in sequences[first:][: 1 + pick % 3]:
        _execute(folder, ("DELETE FROM transactions WHERE sequence = ?", sequence))
    _execute(folder, ("DELETE FROM meta WHERE key = ?", "head_hash"))


def blank_page(folder: Path, sequences: Sequence[int], pick: int) -> None:
    """Blank a page that transactions are on, as a failing disk would; the log is in the file."""
    del sequences
    checkpoint(folder)
    path = folder / NAME
    content = bytearray(path.read_bytes())
    size = int.from_bytes(content[16:18], "big")
    leaves = list(_leaves(content, size, _root_of(path, "transactions")))
    start = (leaves[pick % len(leaves)] - 1) * size
    content[start : start + size] = bytes(size)
    path.write_bytes(content)


def remove_file(folder: Path, sequences: Sequence[int], pick: int) -> None:
    """Remove the file; its mark stays, and so may its log, if that holds all of it."""
    del sequences
    (folder / NAME).unlink()
    if pick % 2 or file_in_log(folder) is None:
        (folder / _WAL).unlink(missing_ok=True)


Damage = Callable[[Path, Sequence[int], int], None]
DAMAGES: Final[Sequence[Damage]] = (harm_notes, remove_rows, blank_page, remove_file)
"""After each of them a new epoch must begin."""


def harm_payload(folder: Path, sequence: int, text: bytes) -> None:
    """Overwrite what a transaction did."""
    sql = "UPDATE transactions SET payload = CAST(? AS TEXT) WHERE sequence = ?"
    _execute(folder, (sql, text, sequence))


def checkpoint(folder: Path) -> None:
    """Move what is in the log into the file, as SQLite does when the last user goes."""
    with closing(sqlite3.connect(folder / NAME, isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def copy_files(folder: Path, target: Path) -> None:
    """Copy a kiosk's files as they are now, as a power cut leaves them."""
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns("*-shm"))


def put_back(folder: Path, copied: Path) -> None:
    """Put an older copy in the place of the journal's file and its log."""
    for name in (NAME, _WAL):
        (folder / name).unlink(missing_ok=True)
        if (copied / name).exists():
            shutil.copyfile(copied / name, folder / name)
    checkpoint(folder)


def file_in_log(folder: Path) -> bytes | None:
    """Return the file as its log alone tells it; None if that does not hold every page.

    As in SQLite's "WAL File Format": the last frame with a size commits all before it.
    """
    path = folder / _WAL
    content = path.read_bytes() if path.exists() else b""
    size, salts = int.from_bytes(content[8:12], "big"), content[16:24]
    waiting: dict[int, bytes] = {}
    pages: dict[int, bytes] = {}
    count = 0
    for start in range(32, len(content), 24 + size):
        head, page = content[start : start + 24], content[start + 24 : start + 24 + size]
        if head[8:16] != salts:
            break
        waiting[int.from_bytes(head[:4], "big")] = page
        if in_pages := int.from_bytes(head[4:8], "big"):
            pages, waiting, count = pages | waiting, {}, in_pages
    wanted = range(1, count + 1)
    return b"".join(map(pages.__getitem__, wanted)) if pages.keys() >= {1, *wanted} else None


def left_in(folder: Path, sequences: Sequence[int]) -> dict[UUID, JournalState]:
    """Return what can be read of these transactions, one by one, and the state of each."""
    with TemporaryDirectory() as scratch:
        if (folder / NAME).exists():
            for name in (NAME, _WAL):
                if (folder / name).exists():
                    shutil.copyfile(folder / name, Path(scratch) / name)
        elif content := file_in_log(folder):
            (Path(scratch) / NAME).write_bytes(content)
        else:
            return {}
        with closing(sqlite3.connect(Path(scratch) / NAME)) as connection:
            return dict(_rows(connection, sequences))


def _rows(
    connection: sqlite3.Connection, sequences: Sequence[int]
) -> Iterator[tuple[UUID, JournalState]]:
    sql = "SELECT txn_id, state FROM transactions NOT INDEXED WHERE sequence = ?"
    for sequence in sequences:
        try:
            row = connection.execute(sql, (sequence,)).fetchone()
        except sqlite3.DatabaseError:
            continue
        if row is not None:
            yield UUID(row[0]), JournalState(row[1])


def left_in_archives(folder: Path) -> set[UUID]:
    """Return the ids of all transactions that are in archives."""
    texts = (gzip.decompress(path.read_bytes()) for path in folder.glob("archive/*.gz"))
    lines = [json.loads(line) for text in texts for line in text.splitlines()]
    return {UUID(line["txn_id"]) for line in lines if "txn_id" in line}


def _execute(folder: Path, statement: tuple[object, ...]) -> None:
    """Change the journal behind its back; a log that is there stays there, as after a kill."""
    sql, *values = statement
    files = [folder / NAME, folder / _WAL]
    hot = files[1].exists() and files[1].stat().st_size
    with closing(sqlite3.connect(files[0], isolation_level=None)) as connection:
        connection.execute(str(sql), values)
        kept = {path: path.read_bytes() for path in files if path.exists()}
    for path, content in kept.items() if hot else ():
        path.write_bytes(content)


def _root_of(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        sql = "SELECT rootpage FROM sqlite_schema WHERE name = ?"
        root: int = connection.execute(sql, (table,)).fetchone()[0]
        return root


def _leaves(content: bytes, size: int, page: int) -> Iterator[int]:
    """Return the pages of a table that rows are on."""
    start = (page - 1) * size
    match content[start]:
        case kind if kind == _LEAF:
            yield page
        case kind if kind == _INTERIOR:
            cells = int.from_bytes(content[start + 3 : start + 5], "big")
            for number in range(cells):
                place = start + 12 + 2 * number
                cell = start + int.from_bytes(content[place : place + 2], "big")
                yield from _leaves(content, size, int.from_bytes(content[cell : cell + 4], "big"))
            right = int.from_bytes(content[start + 8 : start + 12], "big")
            yield from _leaves(content, size, right)
