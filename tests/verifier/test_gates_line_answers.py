"""Gates, the line, kills and answers that were lost."""

from datetime import timedelta
from pathlib import Path

from tests.support.verifier_judging import entry_of, errors, notices, one_kiosk, verdict_of
from tests.support.verifier_run import EVENT, Kiosk


def serial_of(kiosk: Kiosk, row: int = 1) -> str:
    """Return the first ticket of a sale."""
    serial: str = kiosk.rows[row]["payload"]["lines"][0]["serials"][0]
    return serial


def test_two_gates_that_admit_one_ticket_are_told_as_a_conflict(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    other = run.kiosk("hall-2", "HA2")
    run.admit(kiosk, serial_of(kiosk))
    run.admit(other, serial_of(kiosk))
    run.end()
    verdict = verdict_of(run)
    assert (verdict.ok, notices(verdict)) == (True, {"gate_conflict"})
    (told,) = [finding.text for finding in verdict.findings]
    assert "hall-1 gate" in told
    assert "hall-2 gate" in told


def test_a_conflict_that_the_ticket_api_does_not_tell_is_an_error(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    run.admit(kiosk, serial_of(kiosk))
    run.admit(kiosk, serial_of(kiosk))
    run.end()
    run.items["admission", EVENT, serial_of(kiosk)]["conflicts"] = []
    assert errors(verdict_of(run)) == {"conflict_untold"}


def test_coming_back_after_an_exit_is_no_conflict(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    run.admit(kiosk, serial_of(kiosk))
    run.admit(kiosk, serial_of(kiosk), "exit")
    run.admit(kiosk, serial_of(kiosk))
    run.end()
    run.items["admission", EVENT, serial_of(kiosk)]["conflicts"] = []
    verdict = verdict_of(run)
    assert (verdict.ok, notices(verdict)) == (True, set())


def test_an_admission_of_a_ticket_that_nobody_sold_is_an_error(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    (serial,) = run.lease(kiosk, 1)
    run.admit(kiosk, serial)
    run.end()
    assert errors(verdict_of(run)) == {"admitted_unsold"}


def test_an_admission_of_a_ticket_that_the_kiosk_had_voided_is_an_error(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    run.void(kiosk, kiosk.rows[2])
    run.admit(kiosk, serial_of(kiosk, 2))
    run.end()
    assert errors(verdict_of(run)) == {"admitted_void"}


def test_a_void_after_the_admission_is_not_this_checks_concern(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    run.admit(kiosk, serial_of(kiosk, 2))
    run.void(kiosk, kiosk.rows[2])
    run.end()
    assert "admitted_void" not in errors(verdict_of(run))


def test_a_settled_admission_that_the_ticket_api_does_not_know_is_an_error(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    run.admit(kiosk, serial_of(kiosk))
    run.end()
    del run.items["admission", EVENT, serial_of(kiosk)]
    assert errors(verdict_of(run)) == {"admission_unknown"}


def test_the_longest_outage_counts_and_goes_on_through_a_restart(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    began = run.tick()
    kiosk.line += [
        (began, "offline"),
        (began + timedelta(seconds=3), "online"),
        (began + timedelta(seconds=10), "offline"),
        (began + timedelta(seconds=15), "offline"),
        (began + timedelta(seconds=22.5), "online"),
    ]
    run.tick(30)
    run.end()
    verdict = verdict_of(run)
    assert verdict.figures.outage_seconds == 12.5
    assert verdict.figures.drain_seconds is None


def test_an_outage_without_an_end_counts_to_the_last_transaction(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    run.cut(kiosk)
    run.tick(6)
    run.sell(kiosk)
    run.end()
    assert verdict_of(run).figures.outage_seconds == 7.0


def test_draining_takes_from_the_lines_return_to_the_last_that_waited(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    run.cut(kiosk)
    waited = run.sell(kiosk)
    run.restore(kiosk)
    back = run.now
    run.sell(kiosk)
    run.end()
    waited["settled_at"] = back + timedelta(seconds=4)
    kiosk.rows[-1]["settled_at"] = back + timedelta(seconds=9)
    assert verdict_of(run).figures.drain_seconds == 4.0


def test_a_journal_that_notes_nothing_of_its_line_is_an_error(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    kiosk.line.clear()
    run.end()
    verdict = verdict_of(run)
    assert verdict.figures.outage_seconds is None
    assert errors(verdict) == {"line_unknown"}


def test_runs_without_an_end_that_are_not_the_last_are_kills(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    run.kill(kiosk)
    run.kill(kiosk)
    kiosk.runs[1][1] = run.now
    run.tick()
    run.end()
    assert verdict_of(run).figures.agent_kills == 1


def test_an_upload_carried_out_without_an_answer_is_a_lost_answer(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    started = run.tick()
    sale = run.sell(kiosk)
    run.settle(kiosk, sale)
    kiosk.attempts.append((started, run.tick(), 4, 4, "line_timeout"))
    run.end()
    assert verdict_of(run).figures.answers_lost == 1


def test_uploads_that_did_not_arrive_or_were_answered_are_no_lost_answers(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    started = run.tick()
    kiosk.attempts.append((started, run.tick(), 4, 4, "line_down"))
    sale = run.sell(kiosk)
    run.settle(kiosk, sale)
    kiosk.attempts.append((run.tick(), run.tick(), 4, 4, "line_down"))
    kiosk.attempts.append((started, run.now, 1, 3, "line_timeout"))
    kiosk.attempts.append((started, run.now, 4, 4, "answered"))
    run.end()
    assert verdict_of(run).figures.answers_lost == 0


def test_an_upload_of_another_journal_answers_for_none_of_this_one(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    started = run.tick()
    other = run.kiosk("hall-2", "HA2")
    run.open_shift(other)
    run.settle_all(other)
    kiosk.attempts.append((started, run.tick(), 1, 3, "line_timeout"))
    run.end()
    assert verdict_of(run).figures.answers_lost == 0


def test_an_answer_that_came_from_the_killed_agents_successor_was_lost(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    sale = run.sell(kiosk)
    kiosk.cast.pop()
    run.kill(kiosk)
    run.acknowledge(kiosk, sale)
    run.end()
    figures = verdict_of(run).figures
    assert (figures.agent_kills, figures.answers_lost) == (1, 1)


def test_an_answer_that_came_before_the_kill_was_not_lost(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    sale = run.sell(kiosk)
    run.kill(kiosk)
    kiosk.show(run.tick(), "… your cart is back")
    run.acknowledge(kiosk, sale)
    run.end()
    assert verdict_of(run).figures.answers_lost == 0


def test_replays_are_summed(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    entry_of(run, kiosk.rows[1])["replays"] = 2
    entry_of(run, kiosk.rows[2])["replays"] = 3
    run.end()
    assert verdict_of(run).figures.replays_absorbed == 5


def test_only_refusals_that_begin_with_sold_out_count_as_such(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    for title in ("Sold out", "Sold out at this kiosk", "Already admitted"):
        run.refuse(kiosk, title)
    run.end()
    verdict = verdict_of(run)
    assert verdict.figures.refused_sold_out == 2
    assert verdict.kiosks[0].refused == 3
