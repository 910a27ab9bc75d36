"""Opens the run's SQLite files: never the files themselves, always a copy."""

import fcntl
import json
import shutil
import sqlite3
import struct
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from verifier.evidence import EvidenceError, Json

# Where SQLite takes its locks (sqlite.org/fileformat2.html#the_lock_byte_page); a connection in
# WAL mode holds a shared lock there for as long as it is open.
_FIRST_LOCK_BYTE: Final = 0x40000000
_LOCK_BYTES: Final = 512
_FLOCK: Final = "hhqqi4x"
"""struct flock of 64-bit Linux."""


@contextmanager
def open_copy(path: Path, scratch: Path) -> Iterator[sqlite3.Connection]:
    """Copy the database with its write-ahead log into `scratch` and open that.

    Raises EvidenceError if the file is missing, in use, or no sound database.
    """
    if not path.is_file():
        raise EvidenceError(f"{path} is missing: did the run end, and in this folder?")
    scratch.mkdir(parents=True, exist_ok=True)
    copy = scratch / path.name
    try:
        _refuse_if_in_use(path)
        shutil.copyfile(path, copy)
        log = path.with_name(path.name + "-wal")
        if log.exists():
            shutil.copyfile(log, copy.with_name(copy.name + "-wal"))
        with closing(sqlite3.connect(copy)) as connection:
            connection.row_factory = sqlite3.Row
            verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
            if verdict != "ok":
                raise EvidenceError(f"{path} is damaged: {verdict}")
            yield connection
    except OSError as error:
        raise EvidenceError(f"{path} cannot be read: {error.strerror or error}") from error
    except sqlite3.Error as error:
        raise EvidenceError(f"{path} cannot be read as a database: {error}") from error


def _refuse_if_in_use(path: Path) -> None:
    with path.open("rb") as file:
        wanted = struct.pack(_FLOCK, fcntl.F_WRLCK, 0, _FIRST_LOCK_BYTE, _LOCK_BYTES, 0)
        answer = fcntl.fcntl(file.fileno(), fcntl.F_GETLK, wanted)
    kind, _, _, _, holder = struct.unpack(_FLOCK, answer)
    if kind != fcntl.F_UNLCK:
        raise EvidenceError(
            f"{path} is still in use by process {holder}: judge the run after every process ended"
        )


def select(connection: sqlite3.Connection, table: str, columns: str) -> Sequence[sqlite3.Row]:
    """Return all rows of a table in the order of its first column."""
    return connection.execute(
        f"SELECT {columns} FROM {table} ORDER BY 1"  # noqa: S608  our own fixed words
    ).fetchall()


def read_json(text: Any, where: str) -> Json:
    """Read a JSON object; EvidenceError names `where` if it is none."""
    try:
        value = json.loads(text)
    except (TypeError, ValueError) as error:
        raise EvidenceError(f"{where} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise EvidenceError(f"{where} is not a JSON object")
    return value


def read_list(text: Any, where: str) -> list[Json]:
    """Read a JSON list of objects; EvidenceError names `where` if it is none."""
    value = read_json(f'{{"list": {text}}}', where)["list"]
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise EvidenceError(f"{where} is not a JSON list of objects")
    return value


def read_json_or_nothing(text: Any) -> Json:
    """Read a JSON object of a row that somebody may have tampered with; {} if it is none."""
    try:
        value = json.loads(text)
    except (TypeError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
