"""The shim's log: every durable-state operation, in order, exactly as strace tells them."""

import os
from pathlib import Path

import pytest

from tests.proof.cuts.operations import Kind, Operation, Recording, read_log, recording
from tests.proof.cuts.traced import Seen, counts, run_traced, seen_by_shim, seen_by_strace

EVERYTHING = """
import ctypes, os
folder = os.environ["PROOF_FOLDER"]
one, two = folder + "/one", folder + "/two"
marks = os.open(os.environ["PROOF_MARKS"], os.O_WRONLY | os.O_CREAT)
file = os.open(one, os.O_RDWR | os.O_CREAT)
os.write(file, b"abc")
os.write(marks, b'{"told": 1}\\n')
os.pwrite(file, b"de", 1)
os.writev(file, [b"f", b"gh"])
os.pwritev(file, [b"i", b"jk"], 2)
os.ftruncate(file, 7)
os.posix_fallocate(file, 0, 20)
os.fsync(file)
os.close(file)
os.close(os.open(one, os.O_RDWR | os.O_CREAT))
append = os.open(one, os.O_WRONLY | os.O_APPEND)
os.write(append, b"end")
os.fdatasync(append)
os.rename(one, two)
os.link(two, one)
os.close(os.open(one, os.O_WRONLY | os.O_TRUNC))
directory = os.open(folder, os.O_RDONLY)
os.fsync(directory)
os.mkdir(folder + "/sub")
sub = os.open(folder + "/sub", os.O_RDONLY | os.O_DIRECTORY)
os.fsync(sub)
os.rmdir(folder + "/sub")
os.unlink(two)
os.write(marks, b'{"told": 2}\\n{"told": 3}\\n')
with open(folder + "/three", "w") as three:
    three.write("text")
elsewhere = os.open(os.environ["PROOF_LOG"] + ".other", os.O_WRONLY | os.O_CREAT)
os.write(elsewhere, b"not ours")
try:
    os.unlink(folder + "/nothing")
except FileNotFoundError:
    pass
"""

PAST_THE_SHIM = """
import ctypes, os
libc = ctypes.CDLL(None)
path = os.environ["PROOF_FOLDER"].encode() + b"/hidden"
file = os.open(path, os.O_WRONLY | os.O_CREAT)
libc.syscall(1, file, b"unseen", 6)
"""

KILLED = """
import asyncio, os
from pathlib import Path
from tests.proof.cuts.killed import die
from tests.proof.cuts.run import Run

folder = Path(os.environ["PROOF_FOLDER"])

async def part(run):
    (folder / "one").write_text("text")
    run.tell({"told": 1})
    (folder / "two").mkdir()
    %s

async def play(run):
    run.killed(part)
    (folder / "two" / "three").touch()
    run.tell({"told": 2})

asyncio.run(play(Run(folder, os.open(os.environ["PROOF_MARKS"], os.O_WRONLY | os.O_CREAT))))
"""


async def run(tmp_path: Path, program: str) -> tuple[list[Operation], list[Seen], list[Seen]]:
    """Return the log, and the operations on the folder as shim and strace tell them."""
    folder = tmp_path / "disk"
    folder.mkdir()
    log, trace = await run_traced(("-c", program), folder, tmp_path)
    operations = read_log(log)
    made = recording(operations).operations
    shim = seen_by_shim(made, {folder.stat().st_ino: str(folder)})
    return operations, shim, seen_by_strace(trace.read_text(), folder, [])


async def test_shim_and_strace_tell_the_same_operations_in_the_same_order(tmp_path: Path) -> None:
    _, shim, strace = await run(tmp_path, EVERYTHING)
    assert shim == strace
    assert [(seen.kind.name, Path(seen.path).name) for seen in shim] == [
        ("CREATE", "one"),
        *[("WRITE", "one")] * 4,
        ("TRUNCATE", "one"),
        ("ALLOCATE", "one"),
        ("SYNC", "one"),
        ("WRITE", "one"),
        ("SYNC", "one"),
        ("RENAME", "one"),
        ("LINK", "two"),
        ("TRUNCATE", "one"),
        ("SYNC", "disk"),
        ("MKDIR", "sub"),
        ("SYNC", "sub"),
        ("RMDIR", "sub"),
        ("UNLINK", "two"),
        ("CREATE", "three"),
        ("WRITE", "three"),
    ]
    assert counts(shim)["write"] == 6


async def test_the_log_has_offsets_sizes_and_bytes(tmp_path: Path) -> None:
    operations, _, _ = await run(tmp_path, EVERYTHING)
    writes = [(one.offset, one.data) for one in operations if one.kind is Kind.WRITE]
    assert writes == [
        (0, b"abc"), (1, b"de"), (3, b"fgh"), (2, b"ijk"), (20, b"end"), (0, b"text"),
    ]  # fmt: skip
    sizes = [one.offset for one in operations if one.kind in {Kind.TRUNCATE, Kind.ALLOCATE}]
    assert sizes == [7, 20, 0]
    (renamed,) = (one for one in operations if one.kind is Kind.RENAME)
    assert (Path(renamed.path).name, Path(renamed.target).name) == ("one", "two")


async def test_what_was_told_stands_between_the_operations_that_it_was_told_between(
    tmp_path: Path,
) -> None:
    operations, _, _ = await run(tmp_path, EVERYTHING)
    made = recording(operations)
    assert [(before, told["told"]) for before, told in made.marks] == [(2, 1), (18, 2), (18, 3)]
    assert made.told_before(1) == []
    assert made.told_before(2) == [{"told": 1}]
    assert len(made.told_before(18)) == 3


async def test_an_operation_that_passes_the_shim_by_shows_as_a_difference(tmp_path: Path) -> None:
    _, shim, strace = await run(tmp_path, PAST_THE_SHIM)
    assert [seen.kind for seen in shim] == [Kind.CREATE]
    assert [seen.kind for seen in strace] == [Kind.CREATE, Kind.WRITE]


async def test_a_part_that_is_killed_is_told_in_order_with_the_rest(tmp_path: Path) -> None:
    operations, shim, strace = await run(tmp_path, KILLED % "die()")
    assert shim == strace
    assert [(seen.kind.name, Path(seen.path).name) for seen in shim] == [
        ("CREATE", "one"), ("WRITE", "one"), ("MKDIR", "two"), ("CREATE", "three"),
    ]  # fmt: skip
    marks = recording(operations).marks
    assert [(before, told["told"]) for before, told in marks] == [(2, 1), (4, 2)]


async def test_a_part_that_lives_on_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="a part that was to be killed"):
        await run(tmp_path, KILLED % "return")


async def test_a_run_that_fails_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="oh no"):
        await run(tmp_path, "raise SystemExit('oh no')")


async def test_without_strace_there_is_no_proof(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(RuntimeError, match="apt-get install strace"):
        await run(tmp_path, EVERYTHING)


def test_an_unknown_system_call_on_the_folder_is_asked_about() -> None:
    with pytest.raises(ValueError, match="copy_file_range"):
        seen_by_strace("7 copy_file_range(4</d/a>, NULL, 5</d/b>, NULL, 9, 0) = 9", Path("/d"), [])
    assert seen_by_strace("7 copy_file_range(4</e/a>, NULL) = 9", Path("/d"), []) == []


def test_a_call_that_failed_or_was_interrupted_by_another_thread_is_read_as_it_ended() -> None:
    trace = (
        "7 fsync(4</d/a> <unfinished ...>\n"
        '8 unlink("/d/gone") = -1 ENOENT (No such file or directory)\n'
        "8 +++ exited with 0 +++\n"
        "7 <... fsync resumed>)   = 0\n"
    )
    assert seen_by_strace(trace, Path("/d"), []) == [Seen(Kind.SYNC, "/d/a")]


def test_a_log_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"\x01" * 20)
    with pytest.raises(ValueError, match="middle"):
        read_log(path)
    path.write_bytes(b"\x01\0\0\0" + b"\x05\0\0\0" + bytes(24) + b"/a")
    with pytest.raises(ValueError, match="middle"):
        read_log(path)
    path.write_bytes(b"")
    assert recording(read_log(path)) == Recording([], [])
