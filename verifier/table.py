"""Prints the verdict for a person who runs a box office."""

from collections.abc import Callable
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from verifier.figures import DrawerFigures, Figures, KioskFigures
from verifier.findings import Finding, Severity
from verifier.verdict import Verdict


def print_verdict(verdict: Verdict, console: Console) -> None:
    """Print figures, kiosks, ticket types, findings and the verdict."""
    console.print(_figures(verdict.figures))
    console.print(_kiosks(verdict))
    console.print(_houses(verdict))
    if any(drawer.closed for drawer in verdict.drawers):
        console.print(_drawers(verdict))
    for severity in (Severity.NOTICE, Severity.ERROR):
        _findings(console, [each for each in verdict.findings if each.severity is severity])
    if verdict.ok:
        console.print(Text("✔ All is well: every transaction is accounted for.", "bold green"))
    else:
        console.print(Text("✖ Not well: see what is wrong above.", "bold red"))


def _figures(run: Figures) -> Table:
    table = Table("What happened", "", title="The run, judged from screens, journals and ledger")
    table.columns[1].justify = "right"
    for name, value in (
        ("Transactions that the kiosks acknowledged", run.acknowledged),
        ("… settled at the ticket API", run.settled),
        ("… kept for a person, with a reason", run.quarantined),
    ):
        table.add_row(name, str(value))
    table.add_section()
    for name, value in (
        ("Lost", run.lost),
        ("Counted twice", run.duplicated),
        ("Tickets sold beyond the house", run.oversold),
    ):
        table.add_row(name, Text(str(value), "bold red" if value else "bold green"))
    table.add_section()
    for name, value in (
        ("Sales with a line", run.sold_online),
        ("Sales without a line", run.sold_offline),
        ("Admissions without a line", run.admitted_offline),
        ("Sales voided", run.voided),
        ("Sales refused because sold out", run.refused_sold_out),
        ("Agents killed while they worked", run.agent_kills),
        ("Answers lost on the way", run.answers_lost),
        ("Repeats that counted once", run.replays_absorbed),
        ("Verdicts at the gates", run.scans),
        ("… that let nobody pass", run.stopped_at_gates),
        ("Shifts closed", run.shifts_closed),
        ("… told alike by all sides", run.drawers_agreed),
    ):
        table.add_row(name, str(value))
    table.add_row("Longest time without a line", _seconds(run.outage_seconds))
    table.add_row("Time to catch up afterwards", _seconds(run.drain_seconds))
    return table


def _kiosks(verdict: Verdict) -> Table:
    table = Table("Kiosks")
    for kiosk in verdict.kiosks:
        table.add_column(Text(kiosk.kiosk_id), justify="right")
    rows: tuple[tuple[str, Callable[[KioskFigures], str]], ...] = (
        ("Transactions recorded", lambda kiosk: str(kiosk.acknowledged)),
        ("… settled", lambda kiosk: str(kiosk.settled)),
        ("… kept for a person", lambda kiosk: str(kiosk.quarantined)),
        ("Sales with a line", lambda kiosk: str(kiosk.sold_online)),
        ("Sales without a line", lambda kiosk: str(kiosk.sold_offline)),
        ("Agent killed", lambda kiosk: str(kiosk.agent_kills)),
        ("Without a line", lambda kiosk: _seconds(kiosk.outage_seconds)),
        ("Caught up in", lambda kiosk: _seconds(kiosk.drain_seconds)),
        ("Cash in the drawer", lambda kiosk: kiosk.cash_in_drawer or "-"),
    )
    for name, figure in rows:
        table.add_row(name, *(figure(kiosk) for kiosk in verdict.kiosks))
    return table


def _houses(verdict: Verdict) -> Table:
    table = Table(title="Ticket types that sold")
    for heading in ("Event", "Type", "Places", "Valid tickets", "Counted", "Voided", "Takings"):
        table.add_column(heading)
    for house in verdict.houses:
        if house.valid_tickets or house.counted_sold:
            over = house.valid_tickets > house.capacity
            table.add_row(
                Text(house.event),
                Text(house.ticket_type),
                str(house.capacity),
                Text(str(house.valid_tickets), "bold red" if over else ""),
                str(house.counted_sold),
                str(house.counted_voided),
                house.gross,
            )
    return table


def _drawers(verdict: Verdict) -> Table:
    table = Table("Drawers of the shifts", title="Cash, to the cent")
    for drawer in verdict.drawers:
        table.add_column(Text(f"{drawer.staff_id}, {drawer.kiosk_id}"), justify="right")
    for name, figure in _DRAWER_PARTS:
        table.add_row(name, *(Text(figure(drawer) or "-") for drawer in verdict.drawers))
    table.add_section()
    for name, figure in _DRAWER_TOLD:
        table.add_row(name, *(_told(drawer, figure(drawer)) for drawer in verdict.drawers))
    table.add_section()
    counted = (Text(_cash(drawer, drawer.counted)) for drawer in verdict.drawers)
    table.add_row("Counted at the end", *counted)
    return table


_DrawerFigure = Callable[[DrawerFigures], str]
_DRAWER_PARTS: Final[tuple[tuple[str, _DrawerFigure], ...]] = (
    ("Opening float", lambda drawer: drawer.opening_float),
    ("Cash kept from sales", lambda drawer: drawer.cash_taken),
    ("… given back", lambda drawer: drawer.cash_given_back),
    ("Paid in", lambda drawer: drawer.paid_in),
    ("… and out", lambda drawer: drawer.paid_out),
)
_DRAWER_TOLD: Final[tuple[tuple[str, _DrawerFigure], ...]] = (
    ("Should be there: by the journal", lambda drawer: drawer.in_journal),
    ("… by its closing", lambda drawer: drawer.at_closing),
    ("… by the Z report on the screen", lambda drawer: drawer.on_screen),
    ("… by the ticket API", lambda drawer: drawer.at_ticket_api),
)


def _told(drawer: DrawerFigures, amount: str) -> Text:
    """Return what one of the four says; red if most others say otherwise."""
    all_told = [drawer.in_journal, drawer.at_closing, drawer.on_screen, drawer.at_ticket_api]
    alone = all_told.count(amount) <= len(all_told) // 2
    return Text(_cash(drawer, amount), "bold red" if alone and not drawer.agrees else "")


def _cash(drawer: DrawerFigures, amount: str) -> str:
    return f"{amount} {drawer.currency}" if amount else "-"


def _findings(console: Console, findings: list[Finding]) -> None:
    for finding in findings:
        wrong = finding.severity is Severity.ERROR
        line = Text("✖ " if wrong else "▲ ", "red" if wrong else "yellow")
        console.print(line + Text(finding.text))


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"
