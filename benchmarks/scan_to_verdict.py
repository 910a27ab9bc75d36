"""From a scanner's last key to the verdict on the screen, with a season of tickets known."""

import asyncio
import re
from collections.abc import Sequence
from random import Random
from time import perf_counter, sleep
from typing import Any, Final

from uuid6 import uuid7

from benchmarks.bench import Ground, tell
from benchmarks.gate import BareGate, Shown, Tickets, fill_gate
from benchmarks.kiosk import BenchKiosk, kiosk_in, no_line
from benchmarks.pty_screen import PtyScreen
from benchmarks.rows import Row, compare, no_more_than, percentile
from benchmarks.season import EVENT_ID
from benchmarks.till import Till, till_at
from benchmarks.till_screen import GATE, open_gate, sign_in, ui_at

BASELINE: Final = "a signature check and a dictionary look-up"
_NAME: Final = "scan_to_verdict"
_MS: Final = 1000
_BOUND_MS: Final = 50
_PAUSES_S: Final = (0.05, 0.15)
_ADMITTED, _REFUSED = 201, 409


class WrongVerdictError(Exception):
    """A ticket was judged as it should not be, so its time means nothing."""


async def scan_to_verdict(ground: Ground) -> Sequence[Row]:
    """Measure scans at a gate that knows many tickets: what a person sees, and the agent's part."""
    tickets = Tickets(ground.sizes.known_tickets)
    with no_line() as fleet_url, kiosk_in(ground.new("kiosk"), fleet_url) as kiosk:
        async with kiosk.journal() as journal:
            await fill_gate(journal, tickets)
        tell(f"{_NAME}: {tickets.known} tickets and as many admissions are known")
        async with kiosk.agent():
            seen, bare, share = await _in_turn(ground, kiosk, tickets)
    return [
        compare(
            name,
            "ms",
            [percentile(times, 99) * _MS for times in ours],
            [percentile(times, 99) * _MS for times in bare],
            baseline_name=BASELINE,
            target=no_more_than(_BOUND_MS, "ms"),
        )
        for name, ours in ((_NAME, seen), (f"{_NAME}.agent", share))
    ]


async def _in_turn(
    ground: Ground, kiosk: BenchKiosk, tickets: Tickets
) -> tuple[list[list[float]], list[list[float]], list[list[float]]]:
    """Return the seconds of each scan of each run: on the screen, bare, and the agent's part."""
    seen: list[list[float]] = []
    bare: list[list[float]] = []
    share: list[list[float]] = []
    gate, scans = BareGate(tickets), ground.sizes.scans
    with ui_at(kiosk.ui_socket) as screen:
        await asyncio.to_thread(_go_to_gate, screen, tickets)
        async with till_at(kiosk.ui_socket) as till:
            await till.sign_in()
            for run in range(ground.sizes.runs):
                seen.append(await asyncio.to_thread(scan_each, screen, tickets.some(scans), run))
                bare.append(_judge_each(gate, tickets.some(scans)))
                share.append([await _ask(till, shown) for shown in tickets.some(scans)])
                tell(f"{_NAME}: run {run + 1} of {ground.sizes.runs}")
    return seen, bare, share


def _go_to_gate(screen: PtyScreen, tickets: Tickets) -> None:
    sign_in(screen)
    open_gate(screen)
    scan_each(screen, tickets.some(1), 0)


def scan_each(screen: PtyScreen, tickets: Sequence[Shown], seed: int) -> list[float]:
    """Scan tickets as a scanner types them; return the seconds to each verdict's picture."""
    random, times = Random(seed), []
    for shown in tickets:
        sleep(random.uniform(*_PAUSES_S))
        word = "RED · STOP" if shown.used else "GREEN · LET IN"
        verdict = re.compile(rf"^ +{word}\n +{shown.serial}\n", re.MULTILINE)
        scanned = screen.send(shown.code, "enter")
        times.append(screen.until(verdict.search, f"{word} for {shown.serial}") - scanned)
    return times


def _judge_each(gate: BareGate, tickets: Sequence[Shown]) -> list[float]:
    times = []
    for shown in tickets:
        began = perf_counter()
        let_in = gate.lets_in(shown.code)
        times.append(perf_counter() - began)
        _check(shown, let_in=let_in)
    return times


async def _ask(till: Till, shown: Shown) -> float:
    body: dict[str, Any] = {
        "txn_id": str(uuid7()),
        "event_id": EVENT_ID,
        "gate": GATE,
        "code": shown.code,
    }
    began = perf_counter()
    async with till.http.post("/v1/admissions", json=body) as answer:
        await answer.read()
        taken = perf_counter() - began
        _check(shown, let_in=answer.status == _ADMITTED)
    return taken


def _check(shown: Shown, *, let_in: bool) -> None:
    if let_in is shown.used:
        raise WrongVerdictError(f"{shown.serial} was {'let in' if let_in else 'refused'}")
