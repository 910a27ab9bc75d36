"""Judging a run made by hand, and what tests say of the verdict."""

import tempfile
from pathlib import Path
from typing import Any

from tests.support.verifier_run import Kiosk, Run
from verifier.findings import Severity
from verifier.verdict import Verdict, gather, judge


def verdict_of(run: Run) -> Verdict:
    """Write the run and judge it, without the demo's minimums."""
    folder = run.write()
    with tempfile.TemporaryDirectory() as scratch:
        return judge(gather(folder, Path(scratch)), require_story=False)


def errors(verdict: Verdict) -> set[str]:
    """Return the codes of the findings that make the run fail."""
    return {each.code for each in verdict.findings if each.severity is Severity.ERROR}


def notices(verdict: Verdict) -> set[str]:
    """Return the codes of what a person should read of it."""
    return {each.code for each in verdict.findings if each.severity is Severity.NOTICE}


def spotless(verdict: Verdict) -> tuple[int, int, int]:
    """Return (lost, duplicated, oversold)."""
    return verdict.figures.lost, verdict.figures.duplicated, verdict.figures.oversold


def one_kiosk(folder: Path, **capacity: int) -> tuple[Run, Kiosk]:
    """Return a run with one kiosk that sold three settled tickets in two sales."""
    run = Run(folder, **capacity)
    kiosk = run.kiosk("hall-1", "HA1")
    run.open_shift(kiosk)
    run.sell(kiosk, 2)
    run.sell(kiosk, 1)
    run.settle_all(kiosk)
    return run, kiosk


def entry_of(run: Run, row: dict[str, Any]) -> dict[str, Any]:
    """Return a journal row's transaction in the ledger."""
    return run.items["transaction", row["txn_id"], "-"]
