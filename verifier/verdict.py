"""The verdict: all checks, all figures, and whether the run is well."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from verifier.canonical import FormatError
from verifier.checks.cancelling import check_cancelled
from verifier.checks.chain import check_chain
from verifier.checks.counting import check_counting, check_undone_sales
from verifier.checks.doubling import check_doubling
from verifier.checks.drawers import check_drawers
from verifier.checks.gates import check_gates
from verifier.checks.giving import check_given_away
from verifier.checks.house import check_house
from verifier.checks.leasing import check_leasing
from verifier.checks.money import check_money
from verifier.checks.pricing import check_prices
from verifier.checks.refunding import check_refunding
from verifier.checks.settling import check_readable, check_settling
from verifier.checks.showing import check_showing
from verifier.evidence import Evidence, EvidenceError
from verifier.figures import (
    DrawerFigures,
    Figures,
    HouseFigures,
    KioskFigures,
    drawer_figures,
    figures,
    house_figures,
    kiosk_figures,
)
from verifier.findings import Finding, Severity, error
from verifier.journals import read_journals
from verifier.ledger import read_ledger
from verifier.terminals import read_terminals

CHECKS: Final[Sequence[Callable[[Evidence], Iterator[Finding]]]] = (
    check_showing,
    check_settling,
    check_readable,
    check_doubling,
    check_house,
    check_leasing,
    check_chain,
    check_counting,
    check_undone_sales,
    check_money,
    check_prices,
    check_drawers,
    check_cancelled,
    check_given_away,
    check_refunding,
    check_gates,
)

STORY: Final = {
    "sold_offline": 20,
    "admitted_offline": 5,
    "voided": 1,
    "quarantined": 1,
    "refused_sold_out": 1,
    "agent_kills": 1,
    "answers_lost": 1,
    "replays_absorbed": 1,
}
"""What a demo run must have lived through at least: one that shows nothing proves nothing."""

EVENING: Final = {
    "voided": 2,
    "agent_kills": 1,
    "answers_lost": 1,
    "replays_absorbed": 1,
    "let_out": 1,
    "stopped_at_gates": 1,
    "paid_in": 1,
    "paid_out": 1,
    "x_reports": 1,
    "by_concession": 1,
    "by_rule": 1,
    "shifts_closed": 2,
    "drawers_agreed": 2,
}
"""The same for an evening, beside its sales, its scans and its outage."""
_SCANS_FOR_A_SALE: Final = 2
_SALES_FOR_ONE_OFFLINE: Final = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the verifier says of a run."""

    figures: Figures
    kiosks: Sequence[KioskFigures]
    houses: Sequence[HouseFigures]
    drawers: Sequence[DrawerFigures]
    findings: Sequence[Finding]

    @property
    def ok(self) -> bool:
        """Whether all is well."""
        spotless = (self.figures.lost, self.figures.duplicated, self.figures.oversold) == (0, 0, 0)
        errors = any(finding.severity is Severity.ERROR for finding in self.findings)
        return spotless and self.figures.balanced and not errors


def gather(folder: Path, scratch: Path) -> Evidence:
    """Read all evidence of the run in `folder`; EvidenceError if any is missing or unreadable."""
    if not folder.is_dir():
        raise EvidenceError(f"{folder} is missing: run the demo first")
    evidence = Evidence(
        journals=read_journals(folder / "run", scratch),
        ledger=read_ledger(folder / "run" / "ticket-api" / "store.db", scratch / "ticket-api"),
        terminals=read_terminals(folder / "terminals"),
    )
    journaled = {journal.kiosk_id for journal in evidence.journals}
    for kiosk_id in sorted(journaled ^ evidence.terminals.kiosks):
        what = "terminal recording" if kiosk_id in journaled else "journal"
        raise EvidenceError(f"there is no {what} of the kiosk {kiosk_id}")
    return evidence


def judge(
    evidence: Evidence, *, require_story: bool, require_evening: int | None = None
) -> Verdict:
    """Judge the evidence; EvidenceError if a part of it is not as documented.

    `require_evening` is how many sales the run must have had at least to be an evening.
    """
    try:
        findings = [finding for check in CHECKS for finding in check(evidence)]
        kiosks = kiosk_figures(evidence)
        run = figures(evidence, findings, kiosks)
    except FormatError as problem:
        raise EvidenceError(f"a transaction is not as documented: {problem}") from problem
    findings += _sums(run)
    if require_story:
        findings += _least(run, STORY)
    if require_evening is not None:
        findings += _least(run, evening(require_evening))
    return Verdict(run, kiosks, house_figures(evidence), drawer_figures(evidence), findings)


def evening(sales: int) -> dict[str, int]:
    """Return what an evening of so many sales must have lived through at least."""
    return {
        "sold": sales,
        "sold_offline": sales // _SALES_FOR_ONE_OFFLINE,
        "scans": sales * _SCANS_FOR_A_SALE,
        **EVENING,
    }


def _sums(run: Figures) -> Iterator[Finding]:
    if not run.balanced:
        yield error(
            "not_balanced",
            f"{run.acknowledged} transactions were acknowledged, but {run.settled} are settled and"
            f" {run.quarantined} wait for a person.",
        )
    if run.acknowledged == 0:
        yield error("nothing_happened", "No transaction was acknowledged: nothing is shown.")
    if run.outage_seconds is None:
        yield error("line_unknown", "A kiosk's journal notes nothing of its line.")


def _least(run: Figures, least_of: Mapping[str, int]) -> Iterator[Finding]:
    for name, least in least_of.items():
        found = getattr(run, name)
        if found < least:
            yield error(
                "story_incomplete",
                f"{name} is {found}; a run that proves anything has at least {least}.",
            )
