"""`python -m verifier .demo`: judge a finished run."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console

from verifier.evidence import EvidenceError
from verifier.report import report_of, write_report
from verifier.table import print_verdict
from verifier.verdict import gather, judge

WELL: Final = 0
NOT_WELL: Final = 1
CANNOT_JUDGE: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge the run, write the report, print the table; return the exit status."""
    options = _parser().parse_args(arguments)
    report: Path = options.report or options.folder / "report.json"
    try:
        with tempfile.TemporaryDirectory(prefix="verifier-") as scratch:
            evidence = gather(options.folder, Path(scratch))
        verdict = judge(
            evidence,
            require_story=options.require_story,
            require_evening=options.require_evening,
        )
        write_report(report, report_of(verdict))
    except (EvidenceError, OSError) as problem:
        return _cannot_judge(report, problem)
    print_verdict(verdict, Console())
    return WELL if verdict.ok else NOT_WELL


def _cannot_judge(report: Path, problem: Exception) -> int:
    """Say why, and leave no older report that claims something of this run."""
    print(f"The run cannot be judged: {problem}", file=sys.stderr)
    try:
        if report.parent.is_dir():
            write_report(report, {"ok": False, "cannot_judge": str(problem)})
    except OSError as also:
        print(f"The report cannot be written: {also}", file=sys.stderr)
    return CANNOT_JUDGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m verifier",
        description=(
            "Judge a finished demo run by what its terminals showed, by the kiosks' journals and by"
            " the ticket API's store, and by nothing else. Changes none of them."
        ),
        epilog=(
            "Exit status: 0 all is well, 1 something is wrong, 2 the run cannot be judged."
            " Example: python -m verifier .demo --require-story"
        ),
    )
    parser.add_argument("folder", type=Path, help="the run's folder, e.g. .demo")
    parser.add_argument(
        "--require-story",
        action="store_true",
        help="fail also if the run did not live through all that the demo promises",
    )
    parser.add_argument(
        "--require-evening",
        type=int,
        metavar="SALES",
        help="fail also if the run was no evening of so many sales and twice as many scans",
    )
    parser.add_argument("--report", type=Path, help="where to write (default: FOLDER/report.json)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
