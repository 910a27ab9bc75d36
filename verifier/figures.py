"""The report's figures, each from evidence; None where the evidence for it is absent."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import Any

from verifier.answers import kills, lost_screen_answers, lost_upload_answers
from verifier.checks.house import valid_tickets
from verifier.checks.showing import Matched, match_shown
from verifier.drawers import PARTS, ShiftDrawer, in_drawers, shift_drawers
from verifier.evidence import Evidence, Journal
from verifier.findings import Finding
from verifier.line import drain_seconds, outage_seconds
from verifier.standing import kept_as_they_came


@dataclass(frozen=True, slots=True)
class Figures:
    """What a run comes to, as issue and README name it."""

    acknowledged: int
    """Transactions of every kind: in a journal, or shown on a terminal as recorded."""
    settled: int
    quarantined: int
    lost: int
    duplicated: int
    oversold: int
    sold_online: int
    """Sales, not tickets; also those voided or quarantined later."""
    sold_offline: int
    admitted_offline: int
    voided: int
    refused_sold_out: int
    agent_kills: int
    answers_lost: int
    replays_absorbed: int
    outage_seconds: float | None
    drain_seconds: float | None
    let_out: int
    """Exits recorded."""
    scans: int
    """Verdicts that the gates showed, whatever they were."""
    stopped_at_gates: int
    """Amber and red ones."""
    paid_in: int
    paid_out: int
    x_reports: int
    """X reports that a terminal showed, each time that the amount was another."""
    by_concession: int
    """Tickets sold by a concession."""
    by_rule: int
    """Tickets sold by a price rule."""
    shifts_closed: int
    drawers_agreed: int
    """Of those, the ones that journal, closing, Z report on the screen and ticket API agree on."""

    @property
    def sold(self) -> int:
        """Sales, with a line or without."""
        return self.sold_online + self.sold_offline

    @property
    def balanced(self) -> bool:
        """Whether what was acknowledged is what settled and what waits for a person."""
        return self.acknowledged == self.settled + self.quarantined


@dataclass(frozen=True, slots=True)
class KioskFigures:
    """The same, for one kiosk."""

    kiosk_id: str
    acknowledged: int
    settled: int
    quarantined: int
    sold_online: int
    sold_offline: int
    tickets_sold: int
    admitted_offline: int
    voided: int
    refused: int
    agent_kills: int
    answers_lost: int
    outage_seconds: float | None
    drain_seconds: float | None
    cash_in_drawer: str


@dataclass(frozen=True, slots=True)
class HouseFigures:
    """One ticket type."""

    event_id: str
    event: str
    ticket_type_id: str
    ticket_type: str
    capacity: int
    valid_tickets: int
    """Sold and not taken back, by journals and ledger together."""
    counted_sold: int
    """By the ticket API's takings."""
    counted_voided: int
    gross: str


@dataclass(frozen=True, slots=True)
class DrawerFigures:
    """One shift's drawer; amounts as text, empty where nobody said it."""

    kiosk_id: str
    staff_id: str
    shift_id: str
    closed: bool
    currency: str
    opening_float: str
    cash_taken: str
    cash_given_back: str
    paid_in: str
    paid_out: str
    in_journal: str
    """What should be in the drawer by the journal's transactions; so the next three."""
    at_closing: str
    on_screen: str
    at_ticket_api: str
    counted: str
    agrees: bool


def drawer_figures(evidence: Evidence) -> list[DrawerFigures]:
    """Return the figures of each shift."""
    return [_drawer(shift) for shift in shift_drawers(evidence)]


def _drawer(shift: ShiftDrawer) -> DrawerFigures:
    opening_float, taken, given_back, paid_in, paid_out = (str(shift.parts[part]) for part in PARTS)
    return DrawerFigures(
        kiosk_id=shift.kiosk_id,
        staff_id=shift.staff_id,
        shift_id=shift.shift_id,
        closed=shift.closing is not None,
        currency=shift.currency,
        opening_float=opening_float,
        cash_taken=taken,
        cash_given_back=given_back,
        paid_in=paid_in,
        paid_out=paid_out,
        in_journal=str(shift.in_journal),
        at_closing=_text(shift.said("expected")),
        on_screen=_text(shift.on_screen),
        at_ticket_api=str(shift.at_ticket_api),
        counted=_text(shift.said("counted")),
        agrees=shift.agrees(),
    )


def _text(amount: Decimal | None) -> str:
    return "" if amount is None else str(amount)


def kiosk_figures(evidence: Evidence) -> list[KioskFigures]:
    """Return the figures of each kiosk."""
    matched = match_shown(evidence)
    cash = in_drawers(evidence)
    return [_kiosk(evidence, journal, matched, cash) for journal in evidence.journals]


def _kiosk(
    evidence: Evidence, journal: Journal, matched: Matched, cash: dict[str, dict[str, Decimal]]
) -> KioskFigures:
    kiosk_id = journal.kiosk_id
    sales = [row for row in journal.rows if row.kind == "sale"]
    unmatched = sum(shown.kiosk_id == kiosk_id for shown in matched.unmatched)
    states = [row.state for row in journal.rows]
    return KioskFigures(
        kiosk_id=kiosk_id,
        acknowledged=len(journal.rows) + unmatched,
        settled=states.count("settled"),
        quarantined=states.count("quarantined"),
        sold_online=sum(not row.offline for row in sales),
        sold_offline=sum(row.offline for row in sales),
        tickets_sold=sum(item.state in {"sold", "revoked"} for item in journal.stock.values()),
        admitted_offline=sum(row.offline for row in journal.rows if row.kind == "admission"),
        voided=sum(row.kind == "void" for row in journal.rows),
        refused=sum(of == kiosk_id for of, _ in evidence.terminals.refusals),
        agent_kills=kills(journal),
        answers_lost=lost_upload_answers(evidence, journal) + lost_screen_answers(journal, matched),
        outage_seconds=outage_seconds(journal),
        drain_seconds=drain_seconds(journal),
        cash_in_drawer=", ".join(
            f"{amount} {currency}" for currency, amount in sorted(cash.get(kiosk_id, {}).items())
        ),
    )


def house_figures(evidence: Evidence) -> list[HouseFigures]:
    """Return the figures of each ticket type that the ticket API has on sale."""
    valid = valid_tickets(evidence)
    figures = []
    for key, house in sorted(evidence.ledger.houses.items()):
        takings = evidence.ledger.takings.get(key)
        figures.append(
            HouseFigures(
                event_id=key[0],
                event=house.event_name,
                ticket_type_id=key[1],
                ticket_type=house.type_name,
                capacity=house.capacity,
                valid_tickets=len(valid.get(key, ())),
                counted_sold=takings.sold if takings else 0,
                counted_voided=takings.voided if takings else 0,
                gross=f"{takings.gross[0]} {takings.gross[1]}" if takings else "",
            )
        )
    return figures


def figures(
    evidence: Evidence, findings: Sequence[Finding], kiosks: Sequence[KioskFigures]
) -> Figures:
    """Return the run's figures."""
    entries = {entry.txn_id: entry for entry in evidence.ledger.entries}
    kept = kept_as_they_came(evidence)
    shown_only = {"acknowledged_not_journaled", "ticket_of_no_sale"}
    sold_out = [t for _, t in evidence.terminals.refusals if t.lower().startswith("sold out")]
    return Figures(
        acknowledged=sum(1 for _ in evidence.rows())
        + sum(finding.lost for finding in findings if finding.code in shown_only),
        settled=sum(entry.settled for entry in entries.values()),
        quarantined=sum(entry.status == "quarantined" for entry in entries.values()) + len(kept),
        lost=sum(finding.lost for finding in findings),
        duplicated=sum(finding.duplicated for finding in findings),
        oversold=sum(finding.oversold for finding in findings),
        sold_online=sum(kiosk.sold_online for kiosk in kiosks),
        sold_offline=sum(kiosk.sold_offline for kiosk in kiosks),
        admitted_offline=sum(kiosk.admitted_offline for kiosk in kiosks),
        voided=sum(kiosk.voided for kiosk in kiosks),
        refused_sold_out=len(sold_out),
        agent_kills=sum(kiosk.agent_kills for kiosk in kiosks),
        answers_lost=sum(kiosk.answers_lost for kiosk in kiosks),
        replays_absorbed=sum(entry.replays for entry in evidence.ledger.entries),
        outage_seconds=_longest([kiosk.outage_seconds for kiosk in kiosks], all_needed=True),
        drain_seconds=_longest([kiosk.drain_seconds for kiosk in kiosks], all_needed=False),
        **_gates_and_drawers(evidence),
    )


def _gates_and_drawers(evidence: Evidence) -> dict[str, int]:
    terminals, shifts = evidence.terminals, shift_drawers(evidence)
    stopped = sum(terminals.stopped.values())
    return {
        "let_out": sum(1 for _ in evidence.rows("exit")),
        "scans": sum(terminals.let_pass.values()) + stopped,
        "stopped_at_gates": stopped,
        "paid_in": sum(1 for _ in evidence.rows("shift_paid_in")),
        "paid_out": sum(1 for _ in evidence.rows("shift_paid_out")),
        "x_reports": len(terminals.x_reports),
        "by_concession": sum(_reduced(evidence, "concession_id")),
        "by_rule": sum(_reduced(evidence, "rule_id")),
        "shifts_closed": sum(shift.closing is not None for shift in shifts),
        "drawers_agreed": sum(shift.agrees() for shift in shifts),
    }


def _reduced(evidence: Evidence, member: str) -> Iterator[int]:
    """Yield how many tickets each line of a journal's sales sold by a concession, or by a rule."""
    for row in evidence.rows("sale"):
        for line in row.payload.get("lines", ()) if row.untouched else ():
            if line.get(member):
                yield len(line["serials"])


def _longest(seconds: Sequence[float | None], *, all_needed: bool) -> float | None:
    known = [value for value in seconds if value is not None]
    if not known or (all_needed and len(known) < len(seconds)):
        return None
    return max(known)


def as_json(value: Any) -> dict[str, Any]:
    """Return a dataclass of figures as a JSON object, in the order of its fields."""
    return {field.name: asdict(value)[field.name] for field in fields(value)}
