"""The parts of the whole proof: each runs to its end and says what it did and found."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.proof.cuts.cutting import (
    SURVIVALS,
    Recorded,
    every_cut,
    record,
    scratch_root,
    shows,
    try_cuts,
)
from tests.proof.faulty_evening import evening
from tests.proof.findings import Finding, Harm, wrong
from tests.proof.kills import kill_at_random, venue
from tests.proof.kiosk_machine import KioskMachine
from tests.proof.kiosks_together import evening_together

MODEL_EVENINGS: Final = 500
CONTROL_STEP: Final = 17
"""Every so many cuts are tried of a control, until one comes out dirty."""


@dataclass
class PartReport:
    """What a part did, by name, and what it found wrong."""

    figures: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Scope:
    """How much to do: seed, and the share of everything, 1.0 for all."""

    seed: int
    share: float
    say: Callable[[str], None]

    def of(self, whole: int) -> int:
        """Return the share of a number of tries, at least one."""
        return max(1, round(whole * self.share))


class Progress:
    """Says how far a part is, at most every ten seconds."""

    def __init__(self, scope: Scope, whole: int, what: str) -> None:
        self._scope, self._whole, self._what = scope, whole, what
        self._said = time.monotonic()

    def __call__(self, done: int, findings: int) -> None:
        """Say so, if it is time."""
        if time.monotonic() - self._said > _SAY_EVERY_S:
            self._said = time.monotonic()
            self._scope.say(f"  {done:,} of {self._whole:,} {self._what}, {findings} findings")


_SAY_EVERY_S = 10.0


def power_cuts(scope: Scope) -> PartReport:
    """Cut the power at every operation, in every weather; then run the controls."""
    return asyncio.run(_power_cuts(scope))


async def _power_cuts(scope: Scope) -> PartReport:
    report = PartReport()
    with TemporaryDirectory(dir=scratch_root()) as work:
        recorded = await _record(Path(work), "full", "FULL")
        points = len(recorded.run.operations)
        if list(recorded.by_shim) != list(recorded.by_strace):
            report.findings.append(wrong("shim and strace tell different operations"))
        step = round(1 / scope.share)
        every = points * len(SURVIVALS) // step
        progress = Progress(scope, every, "cuts")
        cuts = await try_cuts(
            recorded,
            every_cut(points, scope.seed, step=step),
            Path(work),
            progress=lambda sofar: progress(sofar.cuts, len(sofar.findings)),
        )
        report.findings += [
            Finding(finding.harm, f"cut {cut}: {finding.words}") for cut, finding in cuts.findings
        ]
        told = [fact for _, fact in recorded.run.marks if "answer" in fact]
        report.figures.update(
            {
                "cut points": points,
                "operations counted by strace": len(recorded.by_strace),
                "power cuts tried": cuts.cuts,
                "restarts after them": cuts.restarts,
                "transactions": len(told),
            }
        )
        await _controls(scope, recorded, Path(work), report)
    return report


async def _record(work: Path, name: str, synchronous: str) -> Recorded:
    (work / name).mkdir()
    return await record(work / name, synchronous=synchronous)


async def _controls(scope: Scope, recorded: Recorded, work: Path, report: PartReport) -> None:
    """Run three simulations that must come out dirty; one that is clean is a finding."""
    weak = await _record(work, "normal", "NORMAL")
    controls: dict[str, tuple[Recorded, dict[str, Any], Harm]] = {
        "synchronous=NORMAL": (weak, {}, Harm.LOST),
        "no directory syncs": (recorded, {"directory_syncs": False}, Harm.LOST),
        "no deduplication": (recorded, {"deduplicates": False}, Harm.DOUBLED),
    }
    for name, (run, changes, harm) in controls.items():
        cuts = every_cut(len(run.run.operations), scope.seed, step=CONTROL_STEP)
        tried = await try_cuts(run, cuts, work, is_enough=shows(harm), **changes)
        dirty = harm in {finding.harm for _, finding in tried.findings}
        scope.say(f"  control {name}: {'dirty, as it must be' if dirty else 'CLEAN'}")
        report.figures["controls"] += 1
        report.figures["controls dirty"] += dirty
        if not dirty:
            report.findings.append(wrong(f"control {name} came out clean"))


def kills(scope: Scope) -> PartReport:
    """Kill the real agent while it sells and sends."""
    return asyncio.run(_kills(scope, scope.of(200)))


async def _kills(scope: Scope, count: int) -> PartReport:
    progress = Progress(scope, count, "kills")
    with TemporaryDirectory() as work:
        async with venue(Path(work)) as running:
            done = await kill_at_random(
                running,
                scope.seed,
                count,
                lambda sofar: progress(sofar.kills, len(sofar.findings)),
            )
    figures = {
        "kills": done.kills,
        "answers read by tills": done.answers,
        "transactions": done.transactions,
        "sent again": done.replays,
    }
    return PartReport(Counter(figures), done.findings)


def model(scope: Scope) -> PartReport:
    """Drive a kiosk at random beside books kept by hand."""
    KioskMachine.figures.clear()
    report = PartReport()
    try:
        run_state_machine_as_test(
            seed(scope.seed)(KioskMachine),
            settings=settings(
                max_examples=scope.of(MODEL_EVENINGS),
                stateful_step_count=50,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
    except Exception as error:  # noqa: BLE001  whatever stops a kiosk is a finding
        notes = getattr(error, "__notes__", [])
        report.findings.append(wrong(f"the books differ: {error!r} {notes}"))
    report.figures.update(KioskMachine.figures)
    return report


def faults(scope: Scope) -> PartReport:
    """Let every call to the far side go wrong, evening after evening."""
    return asyncio.run(_faults(scope, scope.of(60)))


async def _faults(scope: Scope, count: int) -> PartReport:
    report, progress = PartReport(), Progress(scope, count, "evenings")
    for number in range(count):
        with TemporaryDirectory(dir=scratch_root()) as folder:
            done = await evening(Path(folder), scope.seed * 1000 + number)
        report.findings += done.findings
        report.figures["faults fired"] += done.fired.total()
        report.figures["sent again"] += done.resent
        report.figures["transactions"] += done.transactions
        progress(number, len(report.findings))
    return report


def together(scope: Scope) -> PartReport:
    """Let three kiosks sell and admit from one inventory, every second time with a write-off."""
    return asyncio.run(_together(scope, scope.of(60)))


async def _together(scope: Scope, count: int) -> PartReport:
    report, progress = PartReport(), Progress(scope, count, "evenings of three kiosks")
    for number in range(count):
        with TemporaryDirectory(dir=scratch_root()) as folder:
            done = await evening_together(
                Path(folder), scope.seed * 1000 + number, write_off=number % 2 == 1
            )
        report.findings += done.findings
        report.figures["evenings of three kiosks"] += 1
        report.figures["gate conflicts named"] += done.conflicts
        report.figures["faults fired"] += done.fired.total()
        report.figures["transactions"] += done.transactions
        progress(number, len(report.findings))
    return report


PARTS: Final[dict[str, Callable[[Scope], PartReport]]] = {
    "cuts": power_cuts,
    "kills": kills,
    "model": model,
    "faults": faults,
    "together": together,
}
