"""What is read off several lines of a screen: reports, also scrolled ones, and gates' verdicts."""

import pytest

from verifier.replay import Sightings, replay
from verifier.wording import Acknowledgement, acknowledgement_in

CLOSED = "✔ #9 shift closed recorded online"
SHOULD = "Should be in the drawer"


def line(y: int, text: str) -> str:
    """Return a whole line of the screen."""
    return f"\x1b[{y};1H{text:<80}"


def figure(y: int, label: str, value: str) -> str:
    """Return a line of a report."""
    return line(y, f"  {label:<50}{value:>20}")


def seen(*pieces: str) -> Sightings:
    """Replay pieces of output, a second apart; the cursor stands in the first line after each."""
    away = "\x1b[1;1H"
    return replay(80, 24, ((float(at), "o", text + away) for at, text in enumerate(pieces)))


def z_report(*figures: str) -> str:
    """Return a Z report that is shown with its closing."""
    return line(22, CLOSED) + line(3, "  Z report · Ana") + "".join(figures)


def test_a_z_report_is_read_with_the_closing_that_it_came_with() -> None:
    sightings = seen(z_report(figure(5, SHOULD, "143.50 EUR"), figure(6, "Over or short", "exact")))
    figures = {SHOULD: {"143.50 EUR"}, "Over or short": {"exact"}}
    assert sightings.reports.z_reports == {9: figures}


def test_what_stands_below_the_fold_is_read_when_it_is_scrolled_to() -> None:
    scrolled = "".join(line(y, "") for y in range(2, 22)) + figure(4, "Counted", "140.00 EUR")
    sightings = seen(z_report(figure(20, "Opening float", "100.00 EUR")), scrolled)
    assert sightings.reports.z_reports[9].keys() == {"Opening float", "Counted"}


def test_another_value_of_a_figure_is_kept_beside_the_first() -> None:
    sightings = seen(z_report(figure(5, SHOULD, "1.00 EUR")), figure(5, SHOULD, "2.00 EUR"))
    assert sightings.reports.z_reports == {9: {SHOULD: {"1.00 EUR", "2.00 EUR"}}}


def test_a_figure_that_is_half_written_is_not_believed() -> None:
    whole = figure(5, SHOULD, "143.50 EUR")
    # The new amount's first digits, and the old one's rest: 243.50 EUR stood there at no time.
    half = f"\x1b[5;1H  {SHOULD:<50}          24"
    events = [(0.0, "o", z_report(whole) + "\x1b[1;1H"), (1.0, "o", half)]
    assert replay(80, 24, iter(events)).reports.z_reports == {9: {SHOULD: {"143.50 EUR"}}}


@pytest.mark.parametrize(
    "text",
    [
        "  Cash taken                                       -5.00 EUR",
        "  Opening float in EUR   100.00",
        "  In the drawer                                   140.00 EUR",
        "  Counted 140.00 EUR: exact. Close the shift?",
    ],
)
def test_other_screens_are_no_reports(text: str) -> None:
    sightings = seen(z_report(), line(5, text))
    assert sightings.reports.z_reports == {}


def test_a_figure_without_a_report_is_none() -> None:
    sightings = seen(line(22, CLOSED), figure(5, SHOULD, "143.50 EUR"))
    assert (sightings.reports.z_reports, sightings.reports.x_reports) == ({}, [])


def test_an_x_report_is_read_each_time_that_it_changes() -> None:
    head = line(3, "  X report · Ana")
    amounts = ("1.00 EUR", "2.00 EUR", "2.00 EUR", "1.00 EUR")
    sightings = seen(*(head + figure(5, SHOULD, amount) for amount in amounts))
    assert sightings.reports.x_reports == ["1.00 EUR", "2.00 EUR", "1.00 EUR"]


@pytest.mark.parametrize(
    ("text", "kind", "reference"),
    [
        ("✔ #6 shift paid in 50.00 EUR recorded online", "shift_paid_in", "50.00 EUR"),
        ("✔ #6 shift paid out 500 JPY recorded online", "shift_paid_out", "500 JPY"),
        (CLOSED.replace("#9", "#6"), "shift_closed", ""),
    ],
)
def test_acknowledgements_of_the_drawer_are_read(text: str, kind: str, reference: str) -> None:
    found = acknowledgement_in(text)
    assert found is not None
    assert found.what == Acknowledgement(6, kind, reference, offline=False)


def verdict(word: str, serial: str, why: str = "Adult") -> str:
    """Return a gate's panel, and the list of verdicts below it."""
    listed = line(12, f" 19:01:10  {word}   {serial}   {why}")
    return line(6, f"{word:^78}") + line(7, f"{serial:^78}") + line(8, f"{why:^78}") + listed


def counted(*panels: str) -> tuple[int, int]:
    """Return (green, amber or red) verdicts."""
    sightings = seen(*panels)
    return sightings.let_pass, sightings.stopped


def test_each_verdict_counts_once_however_often_it_is_drawn() -> None:
    first = verdict("GREEN · LET IN", "0000000012")
    red = verdict("RED · STOP", "0000000012", "Already inside")
    out = verdict("GREEN · LET OUT", "0000000012", "")
    amber = verdict("AMBER · ASK", "000001YG0H", "Sync first")
    assert counted(first, first, red, red, out, amber) == (2, 2)


def test_the_same_verdict_after_an_empty_panel_is_another() -> None:
    green = verdict("GREEN · LET IN", "0000000012")
    empty = line(6, "") + line(7, f"{'Scan a ticket, or type its serial':^78}") + line(8, "")
    assert counted(green, empty, green) == (2, 0)


def test_pictures_that_came_in_one_chunk_are_read_one_by_one() -> None:
    pictures = (
        line(22, "✔ #4 admission 0000000012 recorded online"),
        verdict("GREEN · LET IN", "0000000012"),
        line(22, "✔ #5 admission 000001YG0H recorded online"),
        verdict("GREEN · LET IN", "000001YG0H"),
    )
    chunk = "".join(f"\x1b[?2026h{picture}\x1b[1;1H\x1b[?2026l" for picture in pictures)
    sightings = seen(chunk)
    assert {what.sequence for what in sightings.acknowledgements} == {4, 5}
    assert sightings.let_pass == 2


def test_a_panel_that_is_half_written_counts_when_it_is_whole() -> None:
    green, red = verdict("GREEN · LET IN", "0000000012"), verdict("RED · STOP", "000001YG0H", "No")
    half = line(6, f"{'RED · STOP':^78}") + "\x1b[7;40H"
    events = [(0.0, green + "\x1b[1;1H"), (1.0, half), (2.0, red + "\x1b[1;1H")]
    sightings = replay(80, 24, ((at, "o", text) for at, text in events))
    assert (sightings.let_pass, sightings.stopped) == (1, 1)
