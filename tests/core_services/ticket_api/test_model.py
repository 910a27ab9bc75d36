"""A state machine: whatever two kiosks and an operator do, places, money and serials add up."""

from collections import Counter
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from kiosk_contracts.uploads import ItemOutcome, ItemStatus
from tests.support.ticket_api import EVENT, PRICES, money
from tests.support.ticket_api_model import CAPACITY, Kiosk, Services, amount
from tests.support.ticket_store import on_a_table
from tests.support.till import cash

WHO = st.sampled_from([0, 1])
LOST = st.sampled_from([0, 0, 0, 1, 2])
"""How many answers get lost after their commit."""


class TicketApiMachine(RuleBasedStateMachine):
    """Two kiosks with a journal each, and an operator."""

    @initialize()
    def open(self) -> None:
        self.services = Services()
        self.kiosks = [Kiosk("kiosk-a"), Kiosk("kiosk-b")]
        self.granted: list[str] = []
        self.used: set[str] = set()

    def teardown(self) -> None:
        if hasattr(self, "services"):
            self.services.close()

    @rule(who=WHO, kind=st.sampled_from(sorted(CAPACITY)), quantity=st.integers(1, 4), lost=LOST)
    def grant(self, who: int, kind: str, quantity: int, lost: int) -> None:
        free = CAPACITY[kind] - self._taken()[kind]
        allotment = self.services.grant(self.kiosks[who], kind, quantity, lost)
        serials = [ticket.serial for ticket in allotment.tickets]
        assert len(serials) == min(quantity, max(0, free))
        assert not set(serials) & set(self.granted)
        self.granted += serials
        self.kiosks[who].stock.update(dict.fromkeys(serials, kind))

    @rule(who=WHO, count=st.integers(1, 3), pick=st.randoms(use_true_random=False))
    def sell(self, who: int, count: int, pick: Any) -> None:
        """Sell from the kiosk's own stock, also what was written off without its knowing."""
        kiosk = self.kiosks[who]
        kinds = sorted(set(kiosk.stock.values()))
        if not kinds:
            return
        kind = pick.choice(kinds)
        serials = [serial for serial, of in kiosk.stock.items() if of == kind][:count]
        for serial in serials:
            del kiosk.stock[serial]
        kiosk.queue.append(kiosk.till.sale(serials, kind))

    @rule(who=WHO, pick=st.randoms(use_true_random=False))
    def void(self, who: int, pick: Any) -> None:
        """Void a sale of the kiosk's own, also one that was undone before."""
        kiosk = self.kiosks[who]
        if sales := self._sales(kiosk):
            kiosk.queue.append(kiosk.till.void(pick.choice(sales)))

    @rule(who=WHO, whose=WHO, pick=st.randoms(use_true_random=False), whole=st.booleans())
    def refund(self, who: int, whose: int, pick: Any, whole: bool) -> None:  # noqa: FBT001
        """Refund a sale that has settled, of either kiosk, whole or in part."""
        settled = [
            item
            for item, outcome in self.kiosks[whose].answered
            if outcome.status == ItemStatus.SETTLED and item["envelope"]["kind"] == "sale"
        ]
        if settled:
            sale = pick.choice(settled)
            changes = {} if whole else _first_ticket(sale)
            kiosk = self.kiosks[who]
            kiosk.queue.append(kiosk.till.refund(sale, **changes))

    @rule(who=WHO, whose=WHO, used=st.booleans(), lost=LOST)
    def change_their_mind(self, who: int, whose: int, used: bool, lost: int) -> None:  # noqa: FBT001
        """Sell one at a kiosk and refund it at either, perhaps after somebody went in with it."""
        seller, kiosk = self.kiosks[whose], self.kiosks[who]
        self.grant(whose, "adult", 1, lost)
        serial = next((one for one, kind in seller.stock.items() if kind == "adult"), None)
        if serial is None:
            return
        del seller.stock[serial]
        sale = seller.till.sale([serial])
        seller.queue.append(sale)
        self._send(whose, lost)
        kiosk.queue += [kiosk.till.admission(serial)] if used else []
        kiosk.queue.append(kiosk.till.refund(sale))
        self._send(who, lost)

    @rule(who=WHO, count=st.integers(1, 3))
    def give_back(self, who: int, count: int) -> None:
        kiosk = self.kiosks[who]
        kinds = sorted(set(kiosk.stock.values()))
        if not kinds:
            return
        serials = [serial for serial, of in kiosk.stock.items() if of == kinds[0]][:count]
        for serial in serials:
            del kiosk.stock[serial]
        kiosk.queue.append(kiosk.till.give_back(serials, ticket_type_id=kinds[0]))

    @rule(who=WHO)
    def say_nonsense(self, who: int) -> None:
        kiosk = self.kiosks[who]
        kiosk.queue.append({**kiosk.till.shift(), "payload": None})

    @rule(who=WHO, count=st.integers(1, 6), lost=LOST)
    def upload(self, who: int, count: int, lost: int) -> None:
        kiosk = self.kiosks[who]
        items = kiosk.queue[:count]
        if not items:
            return
        outcomes = self.services.upload(kiosk, items, lost)
        for item, outcome in zip(items, outcomes, strict=True):
            if outcome.status == ItemStatus.RETRY:
                break
            kiosk.queue.remove(item)
            kiosk.answered.append((item, outcome))
            self._note_gates(item, outcome)

    @precondition(lambda self: any(kiosk.answered for kiosk in self.kiosks))
    @rule(who=WHO)
    def send_all_again(self, who: int) -> None:
        """Send everything again, after any time: what settled gets its first answer."""
        kiosk = self.kiosks[who]
        if not kiosk.answered:
            return
        items = [item for item, _ in kiosk.answered]
        again = self.services.upload(kiosk, items)
        for number, (item, first) in enumerate(kiosk.answered):
            if first.status == ItemStatus.SETTLED:
                same = {"replayed": True}
                assert again[number].to_json() == {**first.to_json(), **same}
            else:
                self._note_gates(item, again[number])
            kiosk.answered[number] = (item, again[number])

    @rule(who=WHO, lost=LOST)
    def write_off(self, who: int, lost: int) -> None:
        kiosk = self.kiosks[who]
        if not any(serial["journal_id"] == str(kiosk.journal_id) for serial in self._serials()):
            return
        leased = {
            serial
            for (serial, _), body in self.services.bodies("serial").items()
            if (body["journal_id"], body["state"]) == (str(kiosk.journal_id), "leased")
        }
        assert set(self.services.write_off(kiosk, lost).serials) == leased

    @invariant()
    def places_are_what_is_leased_and_sold(self) -> None:
        states = Counter(
            serial["ticket_type_id"]
            for serial in self._serials()
            if serial["state"] in {"leased", "sold"}
        )
        assert self._taken() == Counter({kind: states[kind] for kind in CAPACITY})

    @invariant()
    def no_more_tickets_than_places_but_for_those_that_are_flagged(self) -> None:
        flagged = [entry for entry in self._settled("sale") if "over_capacity" in entry["flags"]]
        excused = Counter(
            line["ticket_type_id"]
            for entry in flagged
            for line in entry["payload"]["lines"]
            for _ in line["serials"]
        )
        for kind, taken in self._taken().items():
            assert taken <= CAPACITY[kind] + excused[kind]

    @invariant()
    def serials_are_unique_and_each_was_granted_to_its_journal(self) -> None:
        known = self.services.bodies("serial")
        assert {serial for serial, _ in known} == set(self.granted)
        assert len(self.granted) == len(set(self.granted))
        sold = Counter(
            serial
            for entry in self._settled("sale")
            for line in entry["payload"]["lines"]
            for serial in line["serials"]
        )
        assert set(sold.values()) <= {1}

    @invariant()
    def takings_are_the_settled_sales_less_what_was_given_back(self) -> None:
        expected: Counter[str] = Counter()
        for entry in self._settled("sale"):
            for line in entry["payload"]["lines"]:
                expected[line["ticket_type_id"]] += len(line["serials"])
        given_back = Counter(
            (self._type_of(serial), entry["kind"])
            for entry in self._settled("void", "refund")
            for serial in entry["payload"]["serials"]
        )
        for line in self.services.ledger().lines:
            kind = line.ticket_type_id
            counts = (line.sold, line.voided, line.refunded)
            voided, refunded = given_back[kind, "void"], given_back[kind, "refund"]
            assert counts == (expected[kind], voided, refunded)
            left = expected[kind] - voided - refunded
            assert line.gross.amount == Decimal(PRICES[kind]) * left
        totals = [amount(entry["payload"]["total"]) for entry in self._settled("sale")]
        back = [amount(entry["payload"]["total"]) for entry in self._settled("void", "refund")]
        gross = sum(line.gross.amount for line in self.services.ledger().lines)
        assert gross == sum(totals, Decimal(0)) - sum(back, Decimal(0))

    @invariant()
    def each_transaction_is_counted_once(self) -> None:
        ledger = self.services.ledger()
        records = Counter(body["status"] for body in self.services.bodies("transaction").values())
        kept_raw = len(self.services.bodies("raw"))
        assert ledger.transactions["settled"] == records["settled"]
        assert ledger.transactions["quarantined"] == records["quarantined"] + kept_raw
        assert sum(ledger.kinds.values()) == records["settled"]
        for kiosk, line in ((kiosk, self._journal(kiosk)) for kiosk in self.kiosks):
            if line is not None:
                sent = line.settled + line.quarantined
                assert sent == line.sequence - line.missing
                assert sent >= len(kiosk.answered)

    @invariant()
    def holdings_are_the_unsold_serials_of_each_kiosk(self) -> None:
        leased = Counter(
            (serial["kiosk_id"], serial["ticket_type_id"])
            for serial in self._serials()
            if serial["state"] == "leased"
        )
        holdings = {
            (kiosk_id, sk.removeprefix(f"{EVENT}/")): body["leased"]
            for (kiosk_id, sk), body in self.services.bodies("holding").items()
        }
        assert {key: count for key, count in holdings.items() if count} == dict(leased)

    @invariant()
    def gates_are_told_of_every_revoked_ticket_once_and_in_order(self) -> None:
        feed = self.services.bodies("feed")
        assert sorted(int(cursor) for _, cursor in feed) == list(range(1, len(feed) + 1))
        facts = [entry for entry in feed.values() if entry["fact"] == "revoked"]
        told = {(entry["serial"], entry["reason"]) for entry in facts}
        assert len(told) == len(facts)
        revoked = {"voided", "refunded", "written_off"}
        for (serial, _), body in self.services.bodies("serial").items():
            if body["state"] in revoked:
                assert (serial, body["state"]) in told

    def _send(self, who: int, lost: int) -> None:
        """Send all that a kiosk has, as far as it is taken."""
        left = -1
        while left != (left := len(self.kiosks[who].queue)):
            self.upload(who, 6, lost)

    def _note_gates(self, item: Any, outcome: ItemOutcome) -> None:
        """Hold what settled against what had settled before it: no used ticket is refunded."""
        if outcome.status != ItemStatus.SETTLED:
            return
        payload = item["payload"]
        match item["envelope"]["kind"]:
            case "admission":
                self.used.add(payload["serial"])
            case "refund":
                assert not self.used.intersection(payload["serials"])

    def _serials(self) -> list[dict[str, Any]]:
        return list(self.services.bodies("serial").values())

    def _settled(self, *kinds: str) -> list[dict[str, Any]]:
        return [
            body
            for body in self.services.bodies("transaction").values()
            if body["status"] == "settled" and body["kind"] in kinds
        ]

    def _taken(self) -> Counter[str]:
        inventory = self.services.bodies("inventory")
        return Counter({kind: inventory[EVENT, kind]["taken"] for kind in CAPACITY})

    def _type_of(self, serial: str) -> str:
        kind: str = self.services.bodies("serial")[serial, "-"]["ticket_type_id"]
        return kind

    def _journal(self, kiosk: Kiosk) -> Any:
        lines = self.services.ledger().journals
        return next((line for line in lines if line.journal_id == kiosk.journal_id), None)

    def _sales(self, kiosk: Kiosk) -> list[dict[str, Any]]:
        items = [*kiosk.queue, *(item for item, _ in kiosk.answered)]
        return [item for item in items if item["envelope"]["kind"] == "sale"]


def _first_ticket(sale: dict[str, Any]) -> dict[str, Any]:
    line = sale["payload"]["lines"][0]
    price = line["unit_price"]["amount"]
    return {"serials": line["serials"][:1], "total": money(price), "tender": [cash(price)]}


def test_places_money_and_serials_add_up_whatever_kiosks_and_operators_do() -> None:
    run_state_machine_as_test(
        TicketApiMachine,
        settings=settings(
            # A table on moto is some ten times slower than a file.
            max_examples=3 if on_a_table() else 25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
