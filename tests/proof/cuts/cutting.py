"""Cuts the power at every operation of a recorded run, and starts the agent on what is left."""

import asyncio
import hashlib
import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.proof.cuts.contents import Weather
from tests.proof.cuts.disk import Disk, Left, load
from tests.proof.cuts.operations import Recording, read_log, recording
from tests.proof.cuts.restart import findings_after_cut
from tests.proof.cuts.run import JOURNALS, prepare
from tests.proof.cuts.told import Told
from tests.proof.cuts.traced import Seen, run_traced, seen_by_shim, seen_by_strace
from tests.proof.findings import Finding, Harm

SURVIVALS = (0.0, 0.5, 0.9)
SECTORS = (512, 4096)


@dataclass(frozen=True, slots=True)
class Recorded:
    """The scripted run, recorded twice over."""

    folder: Path
    run: Recording
    files: dict[str, tuple[int, bytes]]
    """What was there before it began: path -> inode, content."""
    directories: dict[str, int]
    by_shim: Sequence[Seen]
    by_strace: Sequence[Seen]


@dataclass(frozen=True, slots=True)
class Cut:
    """One power cut: before operation number `point` (from 0), in this weather."""

    point: int
    weather: Weather
    seed: int


@dataclass
class CutReport:
    """What came of the cuts."""

    points: int = 0
    cuts: int = 0
    restarts: int = 0
    """Journals started: what is left the same, after the same was told, is started once."""
    findings: list[tuple[Cut, Finding]] = field(default_factory=list)


def scratch_root() -> Path | None:
    """Return where to write what cuts leave: memory if the machine has it, for nothing is cut."""
    memory = Path("/dev/shm")  # noqa: S108  a private folder is made in it
    return memory if memory.is_dir() else None


async def record(work: Path, *, synchronous: str = "FULL") -> Recorded:
    """Play the script in a process of its own, in `work`, under shim and strace."""
    program = ("-m", "tests.proof.cuts.script", "--synchronous", synchronous)
    return await record_program(work, program, prepare)


async def record_program(
    work: Path, program: Sequence[str], prepare_folder: Callable[[Path], object]
) -> Recorded:
    """Run a program of Python's on a folder in `work` that is prepared, under shim and strace."""
    folder = work / "disk"
    folder.mkdir()
    prepare_folder(folder)
    files, directories = load(folder)
    log, trace = await run_traced(program, folder, work)
    run = recording(read_log(log))
    inodes = {inode: path for path, (inode, _) in files.items()}
    inodes |= {inode: path for path, inode in directories.items()}
    seen = await asyncio.to_thread(trace.read_text)
    return Recorded(
        folder,
        run,
        files,
        directories,
        seen_by_shim(run.operations, inodes),
        seen_by_strace(seen, folder, list(files)),
    )


def every_cut(points: int, seed: int, *, step: int = 1) -> Iterator[Cut]:
    """Return cuts in order: at each point in each survival, or at every `step`th of those."""
    chance = random.Random(seed)
    number = 0
    for point in range(1, points + 1):
        for survival in SURVIVALS:
            weather = Weather(survival, chance.choice(SECTORS), torn=chance.random() < 0.5)
            cut = Cut(point, weather, chance.getrandbits(32))
            if number % step == 0:
                yield cut
            number += 1


def shows(harm: Harm) -> Callable[[CutReport], bool]:
    """Return what a control is tried until: a finding of this harm."""
    return lambda report: any(finding.harm is harm for _, finding in report.findings)


def _has_many(report: CutReport) -> bool:
    return len(report.findings) >= _MANY


_MANY = 20


async def try_cuts(
    recorded: Recorded,
    cuts: Iterator[Cut],
    scratch: Path,
    *,
    directory_syncs: bool = True,
    deduplicates: bool = True,
    is_enough: Callable[[CutReport], bool] = _has_many,
    progress: Callable[[CutReport], None] = lambda _: None,
) -> CutReport:
    """Try each cut in a folder under `scratch`; stop when the report has enough."""
    report, known = CutReport(), set[bytes]()
    last = 0
    for cut, left in left_by(recorded, cuts, directory_syncs=directory_syncs):
        report.points += cut.point > last
        report.cuts += 1
        last = cut.point
        told = recorded.run.told_before(cut.point)
        new = [name for name in JOURNALS if _is_new(recorded.folder / name, left, told, known)]
        restored = write(left, recorded.folder, scratch)
        found = await findings_after_cut(restored, new, told, deduplicates=deduplicates)
        report.restarts += len(new)
        report.findings += [(cut, finding) for finding in found]
        progress(report)
        if is_enough(report):
            break
    return report


def left_by(
    recorded: Recorded, cuts: Iterator[Cut], *, directory_syncs: bool = True
) -> Iterator[tuple[Cut, Left]]:
    """Return what each cut leaves, in order."""
    disk = Disk(recorded.files, recorded.directories, directory_syncs=directory_syncs)
    applied = 0
    for cut in cuts:
        for operation in recorded.run.operations[applied : cut.point]:
            disk.apply(operation)
        applied = cut.point
        yield cut, disk.after_cut(cut.weather, cut.seed)


def _is_new(folder: Path, left: Left, told: Told, known: set[bytes]) -> bool:
    """Say whether no earlier cut left the same of a journal's folder after the same was told."""
    # One cut's facts are the first of another's, so that their number tells them apart.
    facts = sum(fact["journal"] == folder.name for fact in told)
    digest = hashlib.sha256(b"%s\0%d" % (folder.name.encode(), facts))
    inside = f"{folder}/"
    for path in left.directories:
        digest.update(b"\0d" + path.encode() if path.startswith(inside) else b"")
    for path, content in left.files.items():
        if path.startswith(inside):
            digest.update(b"\0f%b\0%d\0" % (path.encode(), len(content)))
            digest.update(content)
    before = len(known)
    known.add(digest.digest())
    return len(known) > before


def write(left: Left, folder: Path, scratch: Path) -> Path:
    """Write what survived into a fresh folder; return it."""
    restored = scratch / "restored"
    shutil.rmtree(restored, ignore_errors=True)
    for path in left.directories:
        (restored / Path(path).relative_to(folder)).mkdir()
    for path, content in left.files.items():
        (restored / Path(path).relative_to(folder)).write_bytes(content)
    return restored
