"""The whole proof: `make proof`. Its exit status is the verdict; `.proof/report.json` has it all.

python -m tests.proof [--seed N] [--only cuts,kills] [--share 0.1]
"""

import argparse
import json
import logging
import sqlite3
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

import structlog

from tests.proof.findings import Finding, Harm
from tests.proof.parts import PARTS, Scope

REPORT: Final = Path(".proof") / "report.json"
ORDER: Final = (
    "cut points",
    "operations counted by strace",
    "power cuts tried",
    "restarts after them",
    "controls",
    "controls dirty",
    "kills",
    "answers read by tills",
    "model steps",
    "model epochs",
    "model transactions lost",
    "faults fired",
    "sent again",
    "evenings of three kiosks",
    "gate conflicts named",
    "transactions",
)


def main() -> int:
    """Run the parts, print the table, write the report; return 0 if nothing is wrong."""
    given = _parse()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    figures: Counter[str] = Counter()
    findings: list[Finding] = []
    began = time.monotonic()
    for name in given.only:
        print(f"proof: {name}", flush=True)
        part_began = time.monotonic()
        part = PARTS[name](Scope(given.seed, given.share, _say))
        figures.update(part.figures)
        findings += part.findings
        took_s = time.monotonic() - part_began
        print(f"  done in {took_s:.0f} s, {len(part.findings)} findings", flush=True)
    took_s = round(time.monotonic() - began)
    _print(figures, findings, took_s)
    _write(_report(given, figures, findings, took_s))
    return 1 if findings else 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.proof")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--share", type=float, default=1.0, help="do so much of it, above 0 to 1")
    parser.add_argument("--only", default="", help=f"parts, of {', '.join(PARTS)}")
    given = parser.parse_args()
    given.only = given.only.split(",") if given.only else list(PARTS)
    unknown = set(given.only) - set(PARTS)
    if unknown or not 0 < given.share <= 1:
        parser.error(f"no such part: {', '.join(unknown)}" if unknown else "share is 0 to 1")
    return given


def _say(words: str) -> None:
    print(words, flush=True)


def _harms(findings: list[Finding]) -> dict[str, int]:
    counts = Counter(finding.harm for finding in findings)
    return {harm.value: counts[harm] for harm in Harm}


def _print(figures: Counter[str], findings: list[Finding], took_s: int) -> None:
    for finding in findings:
        print(f"FOUND {finding}"[:2000])
    print()
    for name in (name for name in ORDER if name in figures):
        print(f"{name:<32}{figures[name]:>12,}")
    for harm, count in _harms(findings).items():
        print(f"{harm:<32}{count:>12,}")
    verdict = "NOT PROVED" if findings else "proved"
    print(f"\n{verdict}, in {took_s // 60} min {took_s % 60} s; SQLite {sqlite3.sqlite_version}")


def _report(
    given: argparse.Namespace, figures: Counter[str], findings: list[Finding], took_s: int
) -> dict[str, Any]:
    return {
        "ok": not findings,
        "seed": given.seed,
        "share": given.share,
        "parts": given.only,
        "took_s": took_s,
        "sqlite": sqlite3.sqlite_version,
        "figures": dict(figures),
        **_harms(findings),
        "findings": [str(finding) for finding in findings],
    }


def _write(report: dict[str, Any]) -> None:
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"report: {REPORT}")


if __name__ == "__main__":
    sys.exit(main())
