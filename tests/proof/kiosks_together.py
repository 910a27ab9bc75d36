"""Three kiosks at one real ticket API: partitions, lost answers, returns, a write-off."""

import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID, uuid4

from kiosk_agent.ports.fleet import FleetError
from kiosk_contracts.allotments import Allotment, AllotmentRequest
from kiosk_contracts.catalogue import Catalogue
from kiosk_contracts.gates import GateFeed, KeySet
from kiosk_contracts.heartbeats import Heartbeat, HeartbeatAnswer
from kiosk_contracts.ledger import Ledger, LedgerEntry
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.sessions import KioskSession
from kiosk_contracts.uploads import ItemOutcome, JournalHead, UploadResult
from kiosk_contracts.wire import WireModel
from tests.proof.books import journal_findings
from tests.proof.findings import Finding, doubled, lost, wrong
from tests.proof.kiosk_at_work import ImpatientClock, KioskAtWork, kiosk_in
from tests.support.ticket_api import EVENT, NOW, Caller, World, event, world

M = TypeVar("M", bound=WireModel)
CAPACITY: Final = {"adult": 40, "box": 5}
GATES: Final = ("North", "South", "West")
STEPS: Final = 160
LOST: Final = 0.15


class LineToApi:
    """A Fleet that asks a ticket API as the relay would, while its line is up."""

    def __init__(self, caller: Caller, chance: random.Random) -> None:
        self._caller = caller
        self._chance = chance
        self.up = True
        self.losing = LOST
        """The chance of each answer to get lost."""
        self.fired: Counter[str] = Counter()

    async def _ask(self, model: type[M], method: str, path: str, **sent: Any) -> M:
        if not self.up:
            self.fired["partition"] += 1
            raise FleetError(ProblemCode.LINE_DOWN, "no line", retryable=True, line_down=True)
        answer = await self._caller.send(method, path, **sent)
        if self._chance.random() < self.losing:
            self.fired["lost answer"] += 1
            raise FleetError(ProblemCode.LINE_TIMEOUT, "no answer", retryable=True)
        assert answer.status < 300, answer.body
        return model.model_validate(answer.body)

    async def catalogue(self) -> Catalogue:
        return await self._ask(Catalogue, "GET", "/v1/catalogue")

    async def keys(self) -> KeySet:
        return await self._ask(KeySet, "GET", "/v1/keys")

    async def request_allotment(self, request: AllotmentRequest) -> Allotment:
        return await self._ask(Allotment, "POST", "/v1/allotments", json=request.to_json())

    async def upload(
        self, journal_id: UUID, items: Sequence[dict[str, Any]]
    ) -> Sequence[ItemOutcome]:
        batch = {"journal_id": str(journal_id), "items": list(items)}
        return (await self._ask(UploadResult, "POST", "/v1/transactions", json=batch)).outcomes

    async def journal_head(self, journal_id: UUID) -> JournalHead:
        return await self._ask(JournalHead, "GET", f"/v1/journals/{journal_id}")

    async def gate_feed(self, after: int, limit: int = 500) -> GateFeed:
        page = {"after": str(after), "limit": str(limit)}
        return await self._ask(GateFeed, "GET", "/v1/gate-feed", params=page)

    async def open_session(self, journal_id: UUID) -> KioskSession:
        raise NotImplementedError(journal_id)

    async def heartbeat(self, heartbeat: Heartbeat) -> HeartbeatAnswer:
        raise NotImplementedError(heartbeat)

    def server_offset_ms(self) -> int | None:
        return 0

    def last_contact_at(self) -> datetime | None:
        return None


@dataclass
class TogetherReport:
    """What came of a run."""

    transactions: int = 0
    sold: int = 0
    fired: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    conflicts: int = 0
    risked: int = 0
    """How many tickets were sold after they were written off."""
    findings: list[Finding] = field(default_factory=list)


@dataclass
class House:
    """One event, three kiosks, and everything that their tills and gates have done."""

    api: World
    kiosks: list[KioskAtWork]
    lines: list[LineToApi]
    chance: random.Random
    report: TogetherReport = field(default_factory=TogetherReport)
    sold: list[dict[str, str]] = field(default_factory=list)
    """Tickets that customers have in their hands."""
    sales: list[tuple[int, str]] = field(default_factory=list)
    admitted: Counter[str] = field(default_factory=Counter)
    serials: dict[str, list[str]] = field(default_factory=dict)
    """What each sale sold."""
    written_off: set[str] = field(default_factory=set)

    def risky_sales(self) -> set[str]:
        """Return the sales that sold what was written off."""
        return {
            txn_id
            for txn_id, serials in self.serials.items()
            if not self.written_off.isdisjoint(serials)
        }


async def evening_together(
    folder: Path, seed: int, *, write_off: bool = True, steps: int = STEPS
) -> TogetherReport:
    """Do so many things in random order at random kiosks; then heal the lines and compare."""
    async with open_house(folder, random.Random(seed)) as house:
        for number in range(steps):
            await _step(house)
            if write_off and number == steps // 2:
                await _write_off(house)
        for kiosk, line in zip(house.kiosks, house.lines, strict=True):
            line.up, line.losing = True, 0.0
            await kiosk.drain()
            house.report.fired.update(line.fired)
        await _compare(house)
        return house.report


@asynccontextmanager
async def open_house(folder: Path, chance: random.Random) -> AsyncIterator[House]:
    """Open three kiosks, online and with stock, at a ticket API of their own."""
    types = [
        {"ticket_type_id": kind, "type_no": number, "name": kind.title(), "capacity": capacity}
        for number, (kind, capacity) in enumerate(CAPACITY.items(), start=1)
    ]
    months_away = {"starts_at": "2027-02-01T19:30:00Z", "sales_close_at": "2027-02-01T20:00:00Z"}
    rule = {"per_kiosk": 12, "keep_back": 0, "top_up_below": 5}
    show = event(ticket_types=types, stock_rule=rule, **months_away)
    async with world(folder, None, show) as api, AsyncExitStack() as stack:
        kiosks, lines = [], []
        for number, gate in enumerate(GATES, start=1):
            line = LineToApi(api.kiosk(f"kiosk-{number}"), chance)
            clock = ImpatientClock(wall=NOW)
            (folder / gate).mkdir()
            kiosk = await stack.enter_async_context(
                kiosk_in(
                    folder / gate, line, clock, kiosk_id=f"kiosk-{number}",
                    kiosk_code=f"HB{number}", gate=gate, event_id=EVENT,
                )
            )  # fmt: skip
            line.losing = 0.0
            await kiosk.begin()
            await kiosk.top_up()
            line.losing = LOST
            kiosks.append(kiosk)
            lines.append(line)
        yield House(api, kiosks, lines, chance)


async def _step(house: House) -> None:
    number = house.chance.randrange(len(house.kiosks))
    step = house.chance.choices(list(_STEPS), weights=list(_STEPS.values()))[0]
    try:
        await step(house, number)
    except ProblemError as refusal:
        house.report.refused[refusal.code] += 1
    except FleetError:
        house.report.refused["line"] += 1


async def _sell(house: House, number: int) -> None:
    kind = house.chance.choice(["adult", "adult", "box"])
    answer = await house.kiosks[number].sell(**{kind: house.chance.randint(1, 3)})
    house.sold += answer["tickets"]
    house.sales.append((number, answer["txn_id"]))
    house.serials[answer["txn_id"]] = [ticket["serial"] for ticket in answer["tickets"]]


async def _admit(house: House, number: int) -> None:
    if house.sold:
        ticket = house.chance.choice(house.sold)
        await house.kiosks[number].admit(code=ticket["code"])
        house.admitted[ticket["serial"]] += 1


async def _void(house: House, number: int) -> None:
    mine = [txn_id for kiosk, txn_id in house.sales if kiosk == number]
    if mine:
        await house.kiosks[number].void(mine[-1])


async def _top_up(house: House, number: int) -> None:
    await house.kiosks[number].top_up()


async def _send(house: House, number: int) -> None:
    if house.lines[number].up:
        await house.kiosks[number].drain()


async def _sync_gates(house: House, number: int) -> None:
    await house.kiosks[number].syncer._sync_gate_feed()


async def _give_back(house: House, number: int) -> None:
    await house.kiosks[number].give_back()


async def _partition(house: House, number: int) -> None:
    house.lines[number].up = not house.lines[number].up


_STEPS: Final = {
    _sell: 30,
    _admit: 20,
    _top_up: 14,
    _send: 8,
    _sync_gates: 6,
    _partition: 8,
    _void: 3,
    _give_back: 2,
}


async def _write_off(house: House) -> None:
    """Cut a kiosk off, give up its stock; it sells on unseen."""
    house.lines[0].up = False
    identity = await house.kiosks[0].here.journal.read(lambda reader: reader.identity())
    order = {
        "request_id": str(uuid4()),
        "journal_id": str(identity.journal_id),
        "operator": "olga",
        "reason": "the kiosk burned",
        "risk_accepted": True,
    }
    answer = await house.api.ops().post("/v1/ops/write-offs", order)
    assert answer.status in {200, 201}, answer.body
    house.written_off |= set(answer.body["serials"])


async def _compare(house: House) -> None:
    ledger = Ledger.model_validate(await house.api.ledger())
    report = house.report
    for kiosk in house.kiosks:
        report.findings += await kiosk.here.journal.read(journal_findings)
        counts = await kiosk.here.journal.read(lambda reader: reader.counts())
        report.transactions += counts.last_sequence
    report.sold = len(house.sold)
    report.conflicts = sum(entry.conflict is not None for entry in ledger.attention)
    if ledger.transactions != {
        "settled": report.transactions,
        "quarantined": 0,
        "unreadable": 0,
    }:
        report.findings.append(lost(f"{report.transactions} recorded: {ledger.transactions}"))
    report.findings += _oversold(house, ledger)
    report.findings += _conflicts(house, ledger.attention)


def _oversold(house: House, ledger: Ledger) -> list[Finding]:
    """No more tickets are good than there are places, but for those that a write-off risked."""
    risked = Counter(
        ticket["ticket_type_name"] for ticket in house.sold if ticket["serial"] in house.written_off
    )
    house.report.risked = risked.total()
    found = []
    for line in ledger.lines:
        good = line.sold - line.voided
        if good > line.capacity + risked[line.ticket_type_name]:
            found.append(doubled(f"{good} of {line.capacity} {line.ticket_type_id} are sold"))
    if sum(line.sold for line in ledger.lines) != len(house.sold):
        found.append(lost(f"{len(house.sold)} tickets were sold: {ledger.lines}"))
    flagged = {
        str(entry.txn_id)
        for entry in ledger.attention
        if entry.kind == "sale" and "serial_written_off" in entry.flags
    }
    if flagged != house.risky_sales():
        found.append(wrong(f"sales of written-off tickets: {house.risky_sales()}, told: {flagged}"))
    if not risked and any(line.taken > line.capacity for line in ledger.lines):
        found.append(doubled(f"more places are taken than there are: {ledger.lines}"))
    return found


def _conflicts(house: House, attention: Sequence[LedgerEntry]) -> list[Finding]:
    """Every second admission of a ticket is told, with both gates and both times."""
    told = Counter(entry.conflict.serial for entry in attention if entry.conflict is not None)
    due = Counter({serial: times - 1 for serial, times in house.admitted.items() if times > 1})
    found = [] if told == due else [lost(f"conflicts are told of {told}, and there were {due}")]
    return found + [
        wrong(f"gate {seen.gate} at {seen.at} is not in: {entry.detail}")
        for entry in attention
        if entry.conflict is not None
        for seen in (entry.conflict.first, entry.conflict.second)
        if seen.gate not in entry.detail or f"{seen.at:%H:%M:%S}" not in entry.detail
    ]
