"""An archive is believed only if every byte, count and link of it fits."""

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from kiosk_agent.adapters.archive_files import FileArchives
from kiosk_agent.ports.archives import ArchiveError
from kiosk_contracts.transactions import FIRST_PREV_HASH
from tests.support.till import Till

JOURNAL = UUID("0197a000-0000-7000-8000-000000000001")


def _lines(count: int = 3) -> list[dict[str, Any]]:
    till = Till(JOURNAL)
    made = [till.admission("0000000001") for _ in range(count)]
    return [
        {
            "sequence": one["envelope"]["sequence"],
            "envelope": one["envelope"],
            "payload": one["payload"],
        }
        for one in made
    ]


def _written(folder: Path, count: int = 3) -> tuple[FileArchives, str]:
    files = FileArchives(folder / "archive")
    return files, files.write(JOURNAL, _lines(count)).name


def test_it_says_what_it_holds_and_is_private(tmp_path: Path) -> None:
    files, name = _written(tmp_path)
    lines = _lines()
    facts = files.verify(name)
    assert name == f"{JOURNAL}-1-3.jsonl.gz"
    assert (facts.transactions, facts.first_sequence, facts.last_sequence) == (3, 1, 3)
    assert facts.first_prev_hash == FIRST_PREV_HASH
    assert len(files.read(name)) == len(lines)
    assert files.names() == [name]
    assert (tmp_path / "archive").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "archive" / name).stat().st_mode & 0o777 == 0o600


def test_the_same_lines_give_the_same_bytes_and_writing_again_is_harmless(tmp_path: Path) -> None:
    lines = _lines()
    files = FileArchives(tmp_path / "archive")
    first = files.write(JOURNAL, lines)
    packed = (tmp_path / "archive" / first.name).read_bytes()
    assert files.write(JOURNAL, lines) == first
    assert (tmp_path / "archive" / first.name).read_bytes() == packed


def test_bytes_are_synced_before_the_name_and_the_folder_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def synced(descriptor: int) -> None:
        done.append(os.path.realpath(f"/proc/self/fd/{descriptor}"))
        fsync(descriptor)

    def renamed(path: Path, target: Path) -> Path:
        done.append(f"{path.name} -> {target.name}")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "rename", renamed)
    _, name = _written(tmp_path)
    folder = tmp_path.resolve()
    assert done == [
        str(folder),
        str(folder / "archive" / f"{name}.half"),
        f"{name}.half -> {name}",
        str(folder / "archive"),
    ]


def test_the_name_of_a_folder_that_a_kill_left_is_synced_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "archive").mkdir()
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
    _written(tmp_path)
    assert synced[0] == tmp_path.stat().st_ino


def _changed(change: Callable[[list[Any]], object]) -> Callable[[bytes], bytes]:
    def work(packed: bytes) -> bytes:
        values = [json.loads(text) for text in gzip.decompress(packed).splitlines()]
        change(values)
        text = "\n".join(json.dumps(one, sort_keys=True, separators=(",", ":")) for one in values)
        return gzip.compress(f"{text}\n".encode())

    return work


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut short": lambda packed: packed[:-20],
    "a bit flipped": lambda packed: packed[:60] + bytes([packed[60] ^ 4]) + packed[61:],
    "empty": lambda _packed: b"",
    "no gzip": lambda _packed: b"dear diary",
    "only a last line": _changed(lambda values: values.__delitem__(slice(0, 3))),
    "no last line": _changed(lambda values: values.pop()),
    "a line lost": _changed(lambda values: values.pop(1)),
    "lines swapped": _changed(lambda values: values.insert(0, values.pop(1))),
    "a payload changed": _changed(lambda values: values[1]["payload"].update(gate="South")),
    "another journal's": _changed(
        lambda values: values[3]["archive"].update(journal_id=str(uuid4()))
    ),
    "another hash": _changed(lambda values: values[3]["archive"].update(sha256="0" * 64)),
    "another form": _changed(lambda values: values[3]["archive"].update(format=2)),
    "no numbers": _changed(lambda values: values[3].update(archive=7)),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_archive_is_found(tmp_path: Path, damage: str) -> None:
    files, name = _written(tmp_path)
    path = tmp_path / "archive" / name
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    with pytest.raises(ArchiveError, match=name):
        files.verify(name)


def _break_link(lines: list[dict[str, Any]]) -> None:
    other = Till(JOURNAL, sequence=1, head="a" * 64)
    made = other.admission("0000000001")
    lines[1] = {"sequence": 2, "envelope": made["envelope"], "payload": made["payload"]}


def _leave_out(lines: list[dict[str, Any]]) -> None:
    lines.pop(1)


def _change_envelope(lines: list[dict[str, Any]]) -> None:
    lines[1]["envelope"] = {**lines[1]["envelope"], "kind": "exit"}


def _renumber(lines: list[dict[str, Any]]) -> None:
    lines[1]["sequence"] = 7


def _no_envelope(lines: list[dict[str, Any]]) -> None:
    lines[1]["envelope"] = {"prev_hash": "0", "hash": "0"}


@pytest.mark.parametrize(
    "change", [_break_link, _leave_out, _change_envelope, _renumber, _no_envelope]
)
def test_lines_that_are_no_chain_are_not_taken_for_an_archive(
    tmp_path: Path, change: Callable[[list[dict[str, Any]]], None]
) -> None:
    lines = _lines()
    change(lines)
    with pytest.raises(ArchiveError):
        FileArchives(tmp_path / "archive").write(JOURNAL, lines)


def test_another_name_is_found(tmp_path: Path) -> None:
    files, name = _written(tmp_path)
    other = name.replace("-3.", "-4.")
    (tmp_path / "archive" / name).rename(tmp_path / "archive" / other)
    with pytest.raises(ArchiveError):
        files.verify(other)


def test_what_never_got_its_name_is_removed_and_nothing_else(tmp_path: Path) -> None:
    files, name = _written(tmp_path)
    half = tmp_path / "archive" / f"{name}.half"
    half.touch()
    files.clear_half_written()
    assert [path.name for path in (tmp_path / "archive").iterdir()] == [name]
    files.remove(name)
    files.remove(name)
    assert files.names() == []


def test_a_file_that_can_not_be_written_is_said_so_and_leaves_nothing(tmp_path: Path) -> None:
    files = FileArchives(tmp_path / "missing" / "archive")
    with pytest.raises(ArchiveError, match="No such file"):
        files.write(JOURNAL, _lines())
