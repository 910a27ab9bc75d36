"""Transactions a second through the relay, and as many posted straight to the ticket API."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Final
from uuid import UUID

import aiohttp

from benchmarks.bench import Ground, tell
from benchmarks.cloud import both_in, lease
from benchmarks.kiosk import KIOSKS, SECRET, kiosk_in
from benchmarks.rows import Row, at_least, compare
from benchmarks.sales import record, sale_of_one
from kiosk_agent import AGENT_VERSION
from kiosk_agent.adapters.journal.store import SqliteJournal
from kiosk_agent.adapters.system_clock import SystemClock
from kiosk_contracts.uploads import MAX_BATCH_BYTES, MAX_BATCH_ITEMS, ItemStatus, UploadResult
from kiosk_contracts.version import KIOSK_TOKEN_HEADER

_RUNS: Final = 3
_LANES: Final = tuple(KIOSKS)
"""Kiosks that send at once, each its journal in order; all sell the same ticket type."""
_JSON: Final = {"Content-Type": "application/json"}


class NotSettledError(Exception):
    """A side did not settle what it was sent: its figure would be of something else."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A journal's batches, ready to be sent, and whose token goes with them."""

    token: str
    batches: Sequence[bytes]


async def relay(ground: Ground) -> Sequence[Row]:
    """Post batches through the fleet service, and as many of the same shape past it, in turn."""
    ours: list[float] = []
    straight: list[float] = []
    runs = min(_RUNS, ground.sizes.runs)
    async with both_in(ground.new("cloud")) as cloud:
        sides = [(ours, cloud.fleet_url), (straight, cloud.ticket_api_url)]
        for run in range(runs):
            # Each goes first in turn: the store grows meanwhile.
            for rates, url in sides if run % 2 == 0 else sides[::-1]:
                name = "straight" if rates is straight else "relayed"
                folder = ground.new(f"{run}/{name}")
                count = ground.sizes.queued // len(_LANES)
                filled = [
                    _filled(folder / kiosk_id, cloud.fleet_url, kiosk_id, count)
                    for kiosk_id in _LANES
                ]
                lanes = await asyncio.gather(*filled)
                rates.append(await _rate(url, lanes))
                tell(f"relay: run {run + 1} of {runs}, {name}: {rates[-1]:.0f} a second")
    row = compare(
        "relay",
        "txn/s",
        ours,
        straight,
        baseline_name="the same batches straight to the ticket API",
        target=at_least(0.7),
    )
    return [row]


async def _filled(folder: Path, fleet_url: str, kiosk_id: str, count: int) -> Lane:
    """Make a journal with sales of serials that are leased to it; return its batches."""
    clock = SystemClock()
    with kiosk_in(folder, fleet_url, kiosk_id) as kiosk:
        async with kiosk.journal() as journal:
            serials = await lease(journal, kiosk, count)
            for serial in serials[:count]:
                sale = sale_of_one(serial, clock)
                await journal.write(partial(record, sale=sale))
            journal_id = (await journal.read(lambda reader: reader.identity())).journal_id
            batches = await _batches(journal, journal_id)
    return Lane(await _token(fleet_url, kiosk_id, journal_id), batches)


async def _batches(journal: SqliteJournal, journal_id: UUID) -> Sequence[bytes]:
    """Return all that is queued as an agent sends it, in as few requests as may be."""
    batches: list[bytes] = []
    while rows := await journal.write(
        lambda writer: writer.begin_upload(MAX_BATCH_ITEMS, MAX_BATCH_BYTES)
    ):
        batch = {"journal_id": str(journal_id), "items": [row.item for row in rows]}
        batches.append(json.dumps(batch).encode())
    return batches


async def _token(fleet_url: str, kiosk_id: str, journal_id: UUID) -> str:
    request = {
        "kiosk_id": kiosk_id,
        "journal_id": str(journal_id),
        "agent_version": AGENT_VERSION,
        "proof": {"scheme": "enrolment_secret", "secret": SECRET},
    }
    async with (
        aiohttp.ClientSession(fleet_url) as session,
        session.post("/v1/sessions", json=request) as answer,
    ):
        answer.raise_for_status()
        return str((await answer.json())["token"])


async def _rate(url: str, lanes: Sequence[Lane]) -> float:
    """Send all lanes at once; return the transactions settled a second."""
    async with aiohttp.ClientSession(url) as session:
        began = perf_counter()
        told = await asyncio.gather(*(_send(session, lane) for lane in lanes))
        took_s = perf_counter() - began
    results = [UploadResult.model_validate_json(body) for lane in told for body in lane]
    outcomes = [outcome for result in results for outcome in result.outcomes]
    sent = sum(len(json.loads(batch)["items"]) for lane in lanes for batch in lane.batches)
    anew = sum(one.status == ItemStatus.SETTLED and not one.replayed for one in outcomes)
    if anew != sent:
        codes = Counter((one.status, one.code, one.detail) for one in outcomes)
        raise NotSettledError(f"{url} settled {anew} of {sent}: {codes}")
    return sent / took_s


async def _send(session: aiohttp.ClientSession, lane: Lane) -> Sequence[bytes]:
    headers = {**_JSON, KIOSK_TOKEN_HEADER: lane.token}
    told: list[bytes] = []
    for batch in lane.batches:
        async with session.post("/v1/transactions", data=batch, headers=headers) as answer:
            body = await answer.read()
            if not answer.ok:
                raise NotSettledError(f"{session} answers {answer.status}: {body[:500]!r}")
            told.append(body)
    return told
