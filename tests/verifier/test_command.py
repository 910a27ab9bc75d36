"""The command: exit status, report, table, and what it says when it cannot judge."""

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.verifier_judging import one_kiosk
from tests.support.verifier_run import Kiosk, Run, story
from verifier.__main__ import main

Spoil = Callable[[Run, Kiosk], Any]


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the verifier as a process of its own, without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "verifier", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "100"},
    )


def digests(folder: Path) -> dict[str, str]:
    """Return what each file of the run holds, except for the report."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "report.json"
    }


def test_a_well_run_exits_0_and_changes_nothing(tmp_path: Path) -> None:
    folder = story(tmp_path).write()
    before = digests(folder)
    done = command(str(folder), "--require-story")
    assert (done.returncode, done.stderr) == (0, "")
    assert "All is well" in done.stdout
    assert "\x1b" not in done.stdout
    assert digests(folder) == before
    assert json.loads((folder / "report.json").read_text())["ok"] is True


def test_a_broken_run_exits_1_and_says_what_is_wrong(tmp_path: Path) -> None:
    run = story(tmp_path)
    takings = next(key for key in run.items if key[0] == "takings" and key[2].startswith("stalls/"))
    run.items[takings]["sold"] += 1
    folder = run.write()
    done = command(str(folder), "--require-story")
    assert done.returncode == 1
    assert "Not well" in done.stdout
    assert "Winter Gala, Stalls: the takings count" in done.stdout
    report = json.loads((folder / "report.json").read_text())
    assert (report["ok"], report["duplicated"]) == (False, 1)


@pytest.mark.parametrize(("sales", "status"), [(10, 0), (8, 1)])
def test_a_run_that_shows_too_little_fails_only_where_the_story_is_required(
    tmp_path: Path, sales: int, status: int
) -> None:
    folder = str(story(tmp_path, offline_sales=sales).write())
    assert main([folder]) == 0
    assert main([folder, "--require-story"]) == status


@pytest.mark.parametrize(
    "name",
    [
        "admitted_offline",
        "voided",
        "quarantined",
        "refused_sold_out",
        "agent_kills",
        "answers_lost",
    ],
)
def test_each_part_of_the_story_is_required(tmp_path: Path, name: str) -> None:
    run, kiosk = one_kiosk(tmp_path)
    run.cut(kiosk)
    for _ in range(20):
        run.sell(kiosk)
    run.restore(kiosk)
    run.end()
    folder = run.write()
    assert main([str(folder), "--require-story"]) == 1
    report = json.loads((folder / "report.json").read_text())
    assert any(finding["text"].startswith(f"{name} is 0") for finding in report["findings"])
    assert not any("sold_offline" in finding["text"] for finding in report["findings"])


def test_an_empty_run_is_not_well(tmp_path: Path) -> None:
    run = Run(tmp_path)
    kiosk = run.kiosk("hall-1", "HA1")
    kiosk.show(run.tick(), "Welcome")
    run.end()
    assert main([str(run.write())]) == 1


def test_the_report_can_be_written_elsewhere(tmp_path: Path) -> None:
    run, _ = one_kiosk(tmp_path / "run")
    run.end()
    assert main([str(run.write()), "--report", str(tmp_path / "r.json")]) == 0
    assert json.loads((tmp_path / "r.json").read_text())["ok"] is True
    assert not (tmp_path / "run" / "report.json").exists()


def sql(path: Path, statement: str) -> None:
    """Change a database of the run."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def store(run: Run) -> Path:
    """Return the ticket API's store."""
    return run.folder / "run" / "ticket-api" / "store.db"


def body(run: Run, kind: str, change: str) -> None:
    """Change the bodies of a kind by an SQL expression."""
    sql(store(run), f"UPDATE items SET body = {change} WHERE kind = '{kind}'")  # noqa: S608  fixed


SPOILS: dict[str, tuple[Spoil, str]] = {
    "no journal": (lambda run, kiosk: run.journal_path(kiosk).unlink(), "no journal"),
    "no store": (lambda run, _: store(run).unlink(), "store.db is missing"),
    "no recording": (lambda run, kiosk: run.cast_path(kiosk).unlink(), "no terminal recording"),
    "not a database": (
        lambda run, kiosk: run.journal_path(kiosk).write_bytes(b"nonsense" * 999),
        "cannot be read as a database",
    ),
    "another application": (
        lambda run, kiosk: sql(run.journal_path(kiosk), "PRAGMA application_id = 1"),
        "not a kiosk's journal",
    ),
    "no such table": (
        lambda run, kiosk: sql(run.journal_path(kiosk), "DROP TABLE upload_attempts"),
        "no such table",
    ),
    "no such column": (
        lambda run, kiosk: sql(run.journal_path(kiosk), "ALTER TABLE runs DROP COLUMN stopped_at"),
        "no such column",
    ),
    "another kiosk's journal": (
        lambda run, kiosk: sql(
            run.journal_path(kiosk), "UPDATE meta SET value = 'x' WHERE key = 'kiosk_id'"
        ),
        "not of hall-1",
    ),
    "an identity is missing": (
        lambda run, kiosk: sql(run.journal_path(kiosk), "DELETE FROM meta WHERE key = 'head_hash'"),
        "does not state its head_hash",
    ),
    "an envelope that is no JSON": (
        lambda run, kiosk: sql(run.journal_path(kiosk), "UPDATE transactions SET envelope = '{'"),
        "the envelope of hall-1 #1 is not JSON",
    ),
    "an answer that is no object": (
        lambda run, kiosk: sql(run.journal_path(kiosk), "UPDATE transactions SET answer = '7'"),
        "the answer of hall-1 #1 is not a JSON object",
    ),
    "a time that is none": (
        lambda run, kiosk: sql(run.journal_path(kiosk), "UPDATE line_changes SET at = 'noon'"),
        "'noon' is not a time",
    ),
    "a store without events": (
        lambda run, _: sql(store(run), "DELETE FROM items WHERE kind = 'event'"),
        "no events",
    ),
    "a store without inventory": (
        lambda run, _: sql(store(run), "DELETE FROM items WHERE kind = 'inventory'"),
        "no inventory",
    ),
    "an item without a figure": (
        lambda run, _: body(run, "transaction", "json_remove(body, '$.replays')"),
        "without its 'replays'",
    ),
    "takings that are no money": (
        lambda run, _: body(run, "takings", "json_set(body, '$.gross', 'much')"),
        "'much' is not an amount",
    ),
    "an item that is no JSON": (lambda run, _: body(run, "serial", "'{'"), "is not JSON"),
    "a recording of another kiosk": (
        lambda run, kiosk: run.cast_path(kiosk).write_text(
            run.cast_path(kiosk).read_text().replace('"hall-1"', '"hall-9"')
        ),
        "no terminal recording of the kiosk hall-1",
    ),
    "a recording without a time": (
        lambda run, kiosk: run.cast_path(kiosk).write_text(
            run.cast_path(kiosk).read_text().replace('"timestamp"', '"stamp"')
        ),
        "does not state its timestamp",
    ),
    "a recording of another version": (
        lambda run, kiosk: run.cast_path(kiosk).write_text('{"version": 3}\n'),
        "not an asciicast of version 2",
    ),
    "an empty recording": (lambda run, kiosk: run.cast_path(kiosk).write_text(""), "not JSON"),
    "a recording that broke off": (
        lambda run, kiosk: run.cast_path(kiosk).write_text(
            run.cast_path(kiosk).read_text()[:-4] + "\n"
        ),
        "is not JSON",
    ),
    "a recording with another event": (
        lambda run, kiosk: run.cast_path(kiosk).write_text(
            run.cast_path(kiosk).read_text() + '{"o": 1}\n'
        ),
        "is not an event",
    ),
    "a size that is none": (
        lambda run, kiosk: run.cast_path(kiosk).write_text(
            run.cast_path(kiosk).read_text() + '[9, "r", "big"]\n'
        ),
        "cannot be replayed",
    ),
}


@pytest.mark.parametrize(("spoil", "words"), SPOILS.values(), ids=SPOILS.keys())
def test_what_cannot_be_judged_is_said_and_claims_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], spoil: Spoil, words: str
) -> None:
    run, kiosk = one_kiosk(tmp_path)
    run.end()
    folder = run.write()
    assert main([str(folder)]) == 0
    spoil(run, kiosk)
    assert main([str(folder)]) == 2
    assert words in capsys.readouterr().err
    report = json.loads((folder / "report.json").read_text())
    assert report["ok"] is False
    assert words in report["cannot_judge"]


def test_a_damaged_database_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, kiosk = one_kiosk(tmp_path)
    run.end()
    folder = run.write()
    path = run.journal_path(kiosk)
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * 4096 + whole[8192:])
    assert main([str(folder)]) == 2
    assert "journal.db" in capsys.readouterr().err


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    done = command(str(tmp_path / "nowhere"))
    assert done.returncode == 2
    assert "nowhere is missing: run the demo first" in done.stderr


def test_a_report_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    run, _ = one_kiosk(tmp_path)
    run.end()
    folder = run.write()
    (folder / "report.json").mkdir()
    done = command(str(folder))
    assert done.returncode == 2
    assert "The report cannot be written" in done.stderr


@pytest.mark.parametrize("which", ["journal", "store"])
def test_a_file_that_is_still_in_use_is_not_judged(tmp_path: Path, which: str) -> None:
    run, kiosk = one_kiosk(tmp_path)
    run.end()
    folder = run.write()
    path = run.journal_path(kiosk) if which == "journal" else store(run)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        done = command(str(folder))
    assert done.returncode == 2
    assert f"still in use by process {os.getpid()}" in done.stderr
    assert command(str(folder)).returncode == 0


def test_what_only_the_write_ahead_log_has_is_read(tmp_path: Path) -> None:
    """A killed process leaves its last commits in the log beside the file."""
    run, kiosk = one_kiosk(tmp_path)
    run.end()
    folder = run.write()
    path = run.journal_path(kiosk)
    script = (
        "import os, sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1])\n"
        "c.execute('PRAGMA journal_mode = WAL')\n"
        "c.execute(\"UPDATE transactions SET state = 'queued' WHERE sequence = 2\")\n"
        "c.commit()\n"
        "os.kill(os.getpid(), 9)\n"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert killed.returncode == -9
    log = path.with_name("journal.db-wal")
    before = log.read_bytes()
    assert before
    assert main([str(folder)]) == 1
    assert log.read_bytes() == before
