"""Answers as text for a person."""

import json
import re
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from kiosk_agent.domain.leaving import POWER_OFF
from kiosk_contracts.images import ImageStanding
from kiosk_contracts.kiosk_status import JournalState, KioskStatus, TransactionRow
from kiosk_contracts.ui_report import UiReport, UiSource
from kiosk_contracts.update_lock import UpdateLock

_MOVES_A_TERMINAL: Final = re.compile(r"[\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""Of what JSON leaves as it is."""
NO_JOURNAL = "The agent is not running, and it has no journal yet."
NOT_RUNNING = "The agent is not running; this was read from its journal."


def say(text: str) -> None:
    """Print a line to whoever asked."""
    sys.stdout.write(f"{text}\n")


def say_json(value: Any) -> None:
    """Print a value for programs, with what moves a terminal escaped: it may come to one."""
    said = json.dumps(value, indent=2, ensure_ascii=False)
    say(_MOVES_A_TERMINAL.sub(lambda found: f"\\u{ord(found[0]):04x}", said))


def status_lines(status: KioskStatus, *, running: bool) -> Iterator[str]:
    """Return the lines of `kiosk-agent status`."""
    if not running:
        yield NOT_RUNNING
    yield f"{status.kiosk_id} ({status.kiosk_code}) {status.venue_name}".rstrip()
    if running:
        why = f": {status.line_detail}" if status.line_detail else ""
        yield _line("line", f"{status.line} since {time_words(status.line_since)}{why}")
    yield _line(
        "journal", f"{status.journal_id}, epoch {status.epoch}, up to #{status.last_sequence}"
    )
    yield _line("unsent", _unsent(status))
    yield _line("states", _states(status))
    if status.handed_over:
        yield _line("handed", f"over: {status.handed_over} of the quarantined ones")
    for stock in status.stock:
        held = f", {stock.held} in carts" if stock.held else ""
        frozen = f", {stock.frozen} frozen" if stock.frozen else ""
        what = f"{stock.event_name}, {stock.ticket_type_name}"
        yield _line("stock", f"{what}: {stock.left} left{held}{frozen}")
    yield _line("carts", f"{status.open_carts} open")
    yield _line("power off", f"safe, {POWER_OFF}")
    yield _line("reinstall", reinstall_words(status))
    yield from _host_lines(status)
    if status.update_lock is not None:
        yield _line("update", lock_words(status.update_lock))
    if status.retired:
        yield _line("retired", "yes: operators took this machine out of service; it sells nothing")
    elif status.draining:
        yield _line("draining", "yes: no new carts; unsold stock goes back")
    for warning in status.warnings:
        yield _line("warning", f"{warning.text} {warning.hint}".rstrip())


def reinstall_words(status: KioskStatus) -> str:
    """Say whether the kiosk may be reinstalled, and why not."""
    if status.safe_to_reinstall:
        return "safe: nothing would be lost"
    return f"NOT safe: {'; '.join(status.why_not)}"


def _host_lines(status: KioskStatus) -> Iterator[str]:
    if status.free_bytes is not None:
        yield _line("disk", f"{status.free_bytes // 1_000_000} MB free")
    for image in status.images:
        yield _line("image", image_words(image))
    if status.ui is not None:
        yield from _ui_lines(status.ui)
    if status.sqlite_version:
        yield _line("sqlite", status.sqlite_version)


def _ui_lines(ui: UiReport) -> Iterator[str]:
    named: dict[str, str] = {UiSource.ECS: "ECS's", UiSource.STANDBY: "the standby"}
    who = named.get(ui.source)
    since = f" since {time_words(ui.since)}" if ui.since else ""
    shown = f"{who}, {_short(ui.image)}{since}" if who else "none answers keys"
    yield _line("kiosk UI", f"{shown}{', the standby is ready' if ui.standby_ready else ''}")
    if ui.docker_away:
        yield _line("docker", f"does not answer: {ui.docker_away}")
    for one in ui.crashing:
        last = f"the last at {time_words(one.last_at)}: {one.last_exit}"
        yield _line("crashes", f"{_short(one.image)} ended {one.ends} times, {last}")


def _short(image: str) -> str:
    name, at, digest = image.partition("@sha256:")
    return f"{name}{at and '@'}{digest[:12]}"


def image_words(image: ImageStanding) -> str:
    """Say how an image that is wanted here stands, by the beginning of its digest."""
    name, _, digest = image.image.partition("@sha256:")
    percent = f", {image.percent} %" if image.percent is not None else ""
    why = f": {image.why}" if image.why else ""
    again = f"; again at {time_words(image.next_try_at)}" if image.next_try_at else ""
    return f"{name}@{digest[:12]} {image.state}{percent}{why}{again}"


def lock_words(lock: UpdateLock) -> str:
    """Say until when no update comes, why, and who said so."""
    return f"none until {time_words(lock.until)}: {lock.why} ({lock.by})"


def _unsent(status: KioskStatus) -> str:
    if status.oldest_unsent_at is None:
        return "0"
    return f"{status.unsent}, the oldest from {time_words(status.oldest_unsent_at)}"


def _states(status: KioskStatus) -> str:
    return ", ".join(f"{state} {status.counts.get(state, 0)}" for state in JournalState)


def row_lines(row: TransactionRow) -> Iterator[str]:
    """Return the lines of one transaction of `kiosk-agent queue list`."""
    total = "" if row.total is None else f"  {row.total}"
    voided = "  voided" if row.voided else ""
    number = row.receipt_number or "-"
    yield (
        f"#{row.sequence:<6} {row.kind:<16} {number:<16} {row.state:<12}"
        f" {time_words(row.recorded_at)}  sent {row.attempts}x{total}{voided}  {row.txn_id}"
    )
    if row.reason:
        yield f"        {row.reason} {row.hint}".rstrip()
    if row.handed_over:
        handed = row.handed_over
        yield f"        handed over by {handed.by}, {time_words(handed.at)}: {handed.note}"


def _line(name: str, text: str) -> str:
    return f"  {name:<9} {text}"


def time_words(moment: datetime) -> str:
    """Return a time in the host's zone, e.g. `2026-11-21 20:14:05`."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")
