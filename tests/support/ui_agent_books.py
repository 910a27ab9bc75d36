"""What the stand-in agent knows: staff, events, stock, carts, transactions. In memory only."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from kiosk_contracts.problem import ProblemError
from kiosk_contracts.serials import SerialError, format_serial, normalise_serial
from kiosk_contracts.ticket_code import TicketCode, TicketCodeError, TicketFacts

STAFF: dict[str, dict[str, str]] = {
    "1111": {"staff_id": "ana", "name": "Ana Cashier", "role": "cashier"},
    "9999": {"staff_id": "max", "name": "Max Manager", "role": "manager"},
    "3333": {"staff_id": "gil", "name": "Gil Gate", "role": "gate"},
}
EVENTS: list[dict[str, Any]] = [
    {
        "event_id": "harbour-lights",
        "event_no": 7,
        "name": "Harbour Lights",
        "starts_at": "2026-11-21T20:00:00+00:00",
        "types": [("adult", "Adult", "12.50", 40), ("child", "Child", "6.00", 20)],
    },
    {
        "event_id": "night-tide",
        "event_no": 8,
        "name": "Night Tide [bold]Live[/bold]",
        "starts_at": "2026-11-22T19:30:00+00:00",
        "types": [("standing", "Standing", "28.00", 3)],
    },
]
Json = dict[str, Any]


@dataclass
class Books:
    """The stand-in's state; every method is one committed step."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    line: str = "online"
    events: list[Json] = field(default_factory=lambda: [dict(e) for e in EVENTS])
    tokens: dict[str, str] = field(default_factory=dict)
    shifts: dict[str, str] = field(default_factory=dict)
    stock: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    carts: dict[str, Json] = field(default_factory=dict)
    rows: list[Json] = field(default_factory=list)
    answers: dict[str, tuple[Json, Json]] = field(default_factory=dict)
    tickets: dict[str, Json] = field(default_factory=dict)
    admitted: dict[str, Json] = field(default_factory=dict)
    receipts: int = 0
    line_since: datetime | None = None
    warnings: list[Json] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Stock the roll, the same in every run."""
        dice = random.Random(7)  # noqa: S311  the same roll in every run is the point
        for event in self.events:
            for number, (type_id, _, _, count) in enumerate(event["types"], 1):
                self.stock[event["event_id"], type_id] = [
                    _ticket(dice, event, type_id, number) for _ in range(count)
                ]
        self.line_since = self.now()

    def who(self, token: str) -> str:
        """Return the PIN behind a token."""
        if token not in self.tokens:
            raise ProblemError(401, "not_signed_in", "Nobody is signed in", hint="Sign in.")
        return self.tokens[token]

    def sign_in(self, pin: str) -> Json:
        """Sign in by PIN."""
        if pin not in STAFF:
            raise ProblemError(401, "pin_wrong", "That PIN is not known", hint="Type it again.")
        self.tokens[f"token-{pin}"] = pin
        return self.session(pin)

    def session(self, pin: str) -> Json:
        """Say who is signed in."""
        shift = self.shifts.get(pin)
        token = {"staff_token": f"token-{pin}", "shift_id": shift, "currency": "EUR"}
        most = {"change": "1000.00", "opening_float": "5000.00", "moved": "10000.00"}
        limits = {name: _euro(amount) for name, amount in most.items()}
        return {**STAFF[pin], **token, "limits": limits}

    def open_shift(self, pin: str, body: Json) -> Json:
        """Open a shift."""
        return self._once(body, lambda: self._open_shift(pin, body))

    def catalogue(self) -> Json:
        """Say what can be sold."""
        return {
            "venue_name": "Harbour Hall",
            "events": [
                {
                    "event_id": event["event_id"],
                    "name": event["name"],
                    "starts_at": event["starts_at"],
                    "state": event.get("state", "on_sale"),
                    "ticket_types": [self._type(event, *t) for t in event["types"]],
                }
                for event in self.events
            ],
        }

    def open_carts(self) -> list[Json]:
        """Return carts that are neither closed nor expired."""
        over = {"closed", "expired"}
        return [cart for cart in self.carts.values() if cart["state"] not in over]

    def put_cart(self, pin: str, txn_id: str, lines: list[Json]) -> Json:
        """Make or change a cart; a refusal leaves it as it was."""
        self._need_shift(pin)
        old = self.carts.get(txn_id)
        if old is not None and old["state"] not in {"open", "expired"}:
            code = "cart_closed" if old["state"] == "closed" else "payment_started"
            raise ProblemError(409, code, "The cart cannot be changed")
        mine = [s for line in old["lines"] for s in line["serials"]] if old else []
        for line in lines:
            free = [
                t
                for t in self.stock[line["event_id"], line["ticket_type_id"]]
                if t["cart"] is None or t["serial"] in mine
            ]
            if len(free) < line["quantity"]:
                raise ProblemError(
                    409,
                    "sold_out",
                    "Not that many left" if free else "Sold out",
                    detail=f"{len(free)} left at this kiosk, {line['quantity']} wanted.",
                    hint="Offer another ticket type or fewer tickets.",
                    extra={"left": len(free)},
                )
        self._release(txn_id)
        self.carts[txn_id] = self._cart(
            txn_id,
            old["cashier_id"] if old is not None else STAFF[pin]["staff_id"],
            [self._hold(txn_id, line) for line in lines],
        )
        return self.carts[txn_id]

    def expire(self, txn_id: str) -> None:
        """Let the time of a cart run out."""
        self._release(txn_id)
        self.carts[txn_id].update(state="expired", lines=[])

    def delete_cart(self, txn_id: str) -> None:
        """Release a cart."""
        if txn_id not in self.carts:
            raise ProblemError(404, "cart_unknown", "There is no such cart")
        self._release(txn_id)
        del self.carts[txn_id]

    def start_payment(self, pin: str, txn_id: str) -> Json:
        """Start payment, for a person who has a shift."""
        self._need_shift(pin)
        return self.set_state(txn_id, "payment_started")

    def set_state(self, txn_id: str, state: str) -> Json:
        """Start or cancel payment."""
        cart = self.carts.get(txn_id)
        if cart is None:
            raise ProblemError(404, "cart_unknown", "There is no such cart")
        if cart["state"] == "closed":
            raise ProblemError(409, "cart_closed", "This cart is closed")
        if cart["state"] == "expired":
            raise ProblemError(409, "cart_expired", "The cart's time ran out")
        cart["state"] = state
        if state != "payment_started":
            cart.pop("taken", None)
        return cart

    def take(self, txn_id: str, taken: list[Json]) -> Json:
        """Note what was taken of a payment so far."""
        cart = self.carts[txn_id]
        if cart["state"] != "payment_started":
            raise ProblemError(409, "payment_not_started", "Payment has not started")
        cart["taken"] = taken
        return cart

    def sale(self, pin: str, body: Json) -> Json:
        """Close a cart with a sale."""
        return self._once(body, lambda: self._sale(pin, body))

    def admission(self, pin: str, body: Json) -> Json:
        """Let a ticket in."""
        return self._once(body, lambda: self._admit(pin, body))

    def exit(self, pin: str, body: Json) -> Json:
        """Let a ticket out."""
        return self._once(body, lambda: self._let_out(pin, body))

    def void(self, pin: str, body: Json) -> Json:
        """Undo a sale."""
        return self._once(body, lambda: self._void(pin, body))

    def retry(self, txn_id: str) -> Json:
        """Let a quarantined transaction be judged afresh."""
        row = next(r for r in self.rows if r["txn_id"] == txn_id)
        if row["state"] != "quarantined":
            raise ProblemError(409, "not_quarantined", "Nothing to do about it")
        row.update(state="queued", reason="", acts=[])
        return row

    def approve(self, pin: str, body: Json) -> str:
        """Return the manager who approves: the person themself, or whose PIN came along."""
        for person in (STAFF[pin], STAFF.get(body.get("approval_pin") or "", {})):
            if person.get("role") == "manager":
                return person["staff_id"]
        raise ProblemError(401, "pin_wrong", "No manager here has this PIN")

    def first_answer(self, txn_id: str) -> Json:
        """Return the first answer of a transaction."""
        if txn_id not in self.answers:
            raise ProblemError(404, "txn_unknown", "There is no such transaction")
        return self.answers[txn_id][1]

    def newest_first(self) -> list[Json]:
        """Return all transactions."""
        return list(reversed(self.rows))

    def status(self) -> Json:
        """Return the agent's status."""
        counts: dict[str, int] = {}
        for row in self.rows:
            counts[row["state"]] = counts.get(row["state"], 0) + 1
        unsent = sum(counts.get(state, 0) for state in ("queued", "uploading", "parked"))
        return {
            "kiosk_id": "harbour-1",
            "kiosk_code": "HB1",
            "venue_name": "Harbour Hall",
            "agent_version": "0.1.0",
            "line": self.line,
            "line_since": (self.line_since or self.now()).isoformat(),
            "last_contact_at": None,
            "journal_id": str(uuid5(NAMESPACE_URL, "journal")),
            "epoch": 1,
            "last_sequence": len(self.rows),
            "counts": counts,
            "unsent": unsent,
            "oldest_unsent_at": None,
            "stock": [self._stock_line(event, *t) for event in self.events for t in event["types"]],
            "open_carts": len(self.open_carts()),
            "draining": False,
            "warnings": list(self.warnings),
        }

    def _need_shift(self, pin: str) -> None:
        if pin not in self.shifts:
            raise ProblemError(409, "shift_not_open", "No shift is open")

    def _once(self, body: Json, step: Callable[[], Json]) -> Json:
        known = self.answers.get(body["txn_id"])
        if known is None:
            answer = step()
            self.answers[body["txn_id"]] = (body, answer)
            return answer
        if known[0] != body:
            raise ProblemError(422, "txn_payload_differs", "Another payload under a known id")
        return {**known[1], "replayed": True}

    def _record(self, pin: str, body: Json, kind: str, **more: Any) -> Json:
        offline = self.line != "online"
        answer = {
            "txn_id": body["txn_id"],
            "kind": kind,
            "sequence": len(self.rows) + 1,
            "recorded_at": self.now().isoformat(),
            "offline": offline,
            **more,
        }
        self.rows.append(
            {
                "txn_id": body["txn_id"],
                "sequence": answer["sequence"],
                "kind": kind,
                "state": "queued" if offline else "settled",
                "receipt_number": more.get("receipt_number"),
                "recorded_at": answer["recorded_at"],
                "cashier_id": STAFF[pin]["staff_id"],
                "total": more.get("total"),
                "tickets": len(more.get("tickets", ())),
                "voided": False,
                "attempts": 0 if offline else 1,
            }
        )
        return answer

    def _receipt(self) -> str:
        self.receipts += 1
        return f"HB1-1-{self.receipts:06d}"

    def _open_shift(self, pin: str, body: Json) -> Json:
        if pin in self.shifts:
            raise ProblemError(409, "shift_already_open", "A shift is open already")
        self.shifts[pin] = str(UUID(body["txn_id"]))
        return self._record(pin, body, "shift_opened")

    def _sale(self, pin: str, body: Json) -> Json:
        cart = self.carts.get(body["txn_id"])
        if cart is None:
            raise ProblemError(404, "cart_unknown", "There is no such cart")
        if cart["state"] == "closed":
            raise ProblemError(409, "cart_closed", "This cart is closed")
        if cart["state"] != "payment_started":
            raise ProblemError(409, "payment_not_started", "Payment has not started")
        if cart["total"] != body["total"]:
            raise ProblemError(409, "price_differs", "The total is another one")
        if any(part not in body["tender"] for part in cart.get("taken", [])):
            raise ProblemError(409, "tender_differs", "The payment does not fit the total")
        if any(part["method"] == "complimentary" for part in body["tender"]):
            self.approve(pin, body)
        cart["state"] = "closed"
        tickets = [t for roll in self.stock.values() for t in roll if t["cart"] == body["txn_id"]]
        sold = [{k: v for k, v in t.items() if k != "cart"} for t in tickets]
        for ticket in sold:
            self.tickets[ticket["code"]] = ticket
        return self._record(
            pin,
            body,
            "sale",
            receipt_number=self._receipt(),
            total=cart["total"],
            tender=body["tender"],
            tickets=sold,
        )

    def _admit(self, pin: str, body: Json) -> Json:
        ticket = self._presented(body)
        if ticket["event_id"] != body["event_id"]:
            raise _red("ticket_wrong_event", "Another event", f"It is for {ticket['event_name']}.")
        if (previous := self.admitted.get(ticket["serial"])) is not None:
            raise _red("already_admitted", "Already used", "", previous=previous)
        self.admitted[ticket["serial"]] = {"gate": body["gate"], "at": self.now().isoformat()}
        return self._record(
            pin,
            body,
            "admission",
            serial=ticket["serial"],
            event_name=ticket["event_name"],
            ticket_type_name=ticket["ticket_type_name"],
            inside=len(self.admitted),
        )

    def _let_out(self, pin: str, body: Json) -> Json:
        ticket = self._presented(body)
        if self.admitted.pop(ticket["serial"], None) is None:
            raise _red("not_inside", "Not inside", "This ticket was not admitted.")
        return self._record(pin, body, "exit")

    def _presented(self, body: Json) -> Json:
        if body.get("code") is not None:
            try:
                facts = TicketCode.decode(body["code"]).facts
            except TicketCodeError as error:
                raise _red(error.code, "Not a readable ticket", str(error)) from error
            if facts.key_id != 1:
                raise _red(
                    "ticket_key_unknown",
                    "Signed with a new key",
                    "",
                    verdict="amber",
                    hint="Let this kiosk sync first, or ask a manager.",
                )
            if (ticket := self.tickets.get(body["code"])) is None:
                raise _red("ticket_forged", "Forged", "The signature does not fit.")
            return ticket
        try:
            serial = normalise_serial(body["serial"])
        except SerialError as error:
            raise _red("serial_invalid", "Not a serial", str(error)) from error
        found = [t for t in self.tickets.values() if t["serial"] == serial]
        if not found:
            raise _red("serial_unknown", "Unknown here", "", verdict="amber")
        return found[0]

    def _void(self, pin: str, body: Json) -> Json:
        row = next((r for r in self.rows if r["txn_id"] == body["sale_txn_id"]), None)
        if row is None:
            raise ProblemError(404, "txn_unknown", "There is no such transaction")
        if row["state"] == "settled":
            raise ProblemError(
                409, "sale_settled", "The sale is settled", hint="Refund it instead."
            )
        self.approve(pin, body)
        row["voided"] = True
        sale = self.answers[body["sale_txn_id"]][1]
        return self._record(
            pin,
            body,
            "void",
            receipt_number=self._receipt(),
            sale_receipt_number=sale["receipt_number"],
            serials=[ticket["serial"] for ticket in sale["tickets"]],
            total=sale["total"],
            tender=sale["tender"],
        )

    def _type(self, event: Json, type_id: str, name: str, price: str, _: int) -> Json:
        left = self._left(event["event_id"], type_id)
        return {
            "ticket_type_id": type_id,
            "name": name,
            "unit_price": _euro(price),
            "left": left,
            "selling": left > 0,
            "why_not": "" if left else "sold out here",
        }

    def _stock_line(self, event: Json, type_id: str, name: str, _price: str, _count: int) -> Json:
        return {
            "event_id": event["event_id"],
            "event_name": event["name"],
            "ticket_type_id": type_id,
            "ticket_type_name": name,
            "left": self._left(event["event_id"], type_id),
            "held": 0,
        }

    def _left(self, event_id: str, type_id: str) -> int:
        return sum(ticket["cart"] is None for ticket in self.stock[event_id, type_id])

    def _release(self, txn_id: str) -> None:
        for roll in self.stock.values():
            for ticket in roll:
                if ticket["cart"] == txn_id:
                    ticket["cart"] = None

    def _hold(self, txn_id: str, line: Json) -> Json:
        roll = self.stock[line["event_id"], line["ticket_type_id"]]
        held = [ticket for ticket in roll if ticket["cart"] is None][: line["quantity"]]
        for ticket in held:
            ticket["cart"] = txn_id
        return {
            "event_id": line["event_id"],
            "event_name": held[0]["event_name"],
            "ticket_type_id": line["ticket_type_id"],
            "ticket_type_name": held[0]["ticket_type_name"],
            "price_list_version": 1,
            "unit_price": held[0]["unit_price"],
            "serials": [ticket["serial"] for ticket in held],
        }

    def _cart(self, txn_id: str, cashier_id: str, lines: list[Json]) -> Json:
        amounts = [Decimal(line["unit_price"]["amount"]) * len(line["serials"]) for line in lines]
        return {
            "txn_id": txn_id,
            "state": "open",
            "cashier_id": cashier_id,
            "lines": lines,
            "total": _euro(str(sum(amounts, Decimal("0.00")))),
            "hold_ends_in_s": 600,
            "opened_at": self.now().isoformat(),
        }


def _ticket(dice: random.Random, event: Json, type_id: str, number: int) -> Json:
    serial = format_serial(dice.getrandbits(45))
    facts = TicketFacts(1, event["event_no"], number, serial)
    name, price = next((n, p) for t, n, p, _ in event["types"] if t == type_id)
    return {
        "serial": serial,
        "code": TicketCode(facts, dice.randbytes(64)).encode(),
        "event_id": event["event_id"],
        "event_name": event["name"],
        "ticket_type_name": name,
        "unit_price": _euro(price),
        "starts_at": event["starts_at"],
        "cart": None,
    }


def _euro(amount: str) -> Json:
    return {"amount": amount, "currency": "EUR"}


def _red(
    code: str, title: str, detail: str, *, verdict: str = "red", hint: str = "", **extra: object
) -> ProblemError:
    status = 409 if verdict == "amber" or code in {"already_admitted", "not_inside"} else 422
    return ProblemError(
        status, code, title, detail=detail, hint=hint, extra={"verdict": verdict, **extra}
    )
