"""Reads the ticket API's store, by the items that `docs/ticket-api-store.md` describes."""

import json
import re
import sqlite3
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Final

from verifier.canonical import FormatError, read_money, read_time
from verifier.evidence import (
    AdmissionRecord,
    Entry,
    EvidenceError,
    House,
    IssuedSerial,
    Json,
    KeptItem,
    Ledger,
    Takings,
    TypeKey,
)
from verifier.files import open_copy, read_json

_Items = dict[str, list[tuple[str, str, Json]]]
"""(pk, sk, body) by kind."""
_TXN_ID: Final = re.compile(r'(?<![a-z_])txn_id[\\\\]*"\s*:\s*[\\\\]*"(?P<id>[0-9a-f-]{36})')


def read_ledger(path: Path, scratch: Path) -> Ledger:
    """Read the store; EvidenceError says what is missing or not as documented."""
    with open_copy(path, scratch) as connection:
        items = _items(connection)
    if not items["event"]:
        raise EvidenceError(f"{path} has no events: the ticket API was not seeded in this run")
    try:
        return Ledger(
            entries=[_entry(pk, body) for pk, _, body in items["transaction"]],
            serials={pk: _serial(pk, body) for pk, _, body in items["serial"]},
            houses=_houses(items),
            takings=_takings(items),
            admissions={(pk, sk): _admission(pk, sk, body) for pk, sk, body in items["admission"]},
            heads={pk: (body["sequence"], body["hash"]) for pk, _, body in items["journal"]},
            kept=[KeptItem(pk, _txn_ids(body)) for pk, _, body in items["raw"]],
            price_lists={(pk, body["version"]): body for pk, _, body in items["price_list"]},
            roles={pk: _roles(body) for pk, _, body in items["roster"]},
        )
    except KeyError as error:
        raise EvidenceError(f"{path} has an item without its {error}") from error
    except FormatError as error:
        raise EvidenceError(f"{path}: {error}") from error


def _items(connection: sqlite3.Connection) -> _Items:
    items: _Items = defaultdict(list)
    query = "SELECT kind, pk, sk, body FROM items ORDER BY kind, pk, sk"
    for kind, pk, sk, text in connection.execute(query):
        body = read_json(text, f"the ticket API's item {kind} {pk} {sk}")
        items[kind].append((pk, sk, body))
    return items


def _entry(txn_id: str, body: Json) -> Entry:
    return Entry(
        txn_id=txn_id,
        kiosk_id=body["kiosk_id"],
        journal_id=body["journal_id"],
        sequence=body["sequence"],
        kind=body["kind"],
        envelope=body["envelope"] or {},
        payload=body["payload"] or {},
        status=body["status"],
        code=body["code"] or "",
        detail=body["detail"] or "",
        flags=tuple(body["flags"] or ()),
        received_at=read_time(body["received_at"]),
        replays=body["replays"],
    )


def _serial(serial: str, body: Json) -> IssuedSerial:
    return IssuedSerial(
        serial=serial,
        type_key=(body["event_id"], body["ticket_type_id"]),
        journal_id=body["journal_id"],
        state=body["state"],
    )


def _houses(items: _Items) -> dict[TypeKey, House]:
    inventory = {(pk, sk): body for pk, sk, body in items["inventory"]}
    houses: dict[TypeKey, House] = {}
    for event_id, _, event in items["event"]:
        for kind in event["ticket_types"]:
            key = (event_id, kind["ticket_type_id"])
            if key not in inventory:
                raise EvidenceError(f"the ticket API keeps no inventory of {' '.join(key)}")
            houses[key] = House(
                event_name=event["name"],
                type_name=kind["name"],
                capacity=kind["capacity"],
                inventory_capacity=inventory[key]["capacity"],
                taken=inventory[key]["taken"],
            )
    return houses


def _roles(body: Json) -> dict[str, str]:
    return {member["staff_id"]: member["role"] for member in body["members"]}


def _takings(items: _Items) -> dict[TypeKey, Takings]:
    """Return what all journals together have taken of each type."""
    sums: dict[TypeKey, Takings] = {}
    for event_id, place, body in items["takings"]:
        key = (event_id, place.partition("/")[0])
        amount, currency = read_money(body["gross"])
        before = sums.get(key, Takings(0, 0, 0, (Decimal(0), currency)))
        sums[key] = Takings(
            sold=before.sold + body["sold"],
            voided=before.voided + body["voided"],
            refunded=before.refunded + body["refunded"],
            gross=(before.gross[0] + amount, before.gross[1]),
        )
    return sums


def _admission(event_id: str, serial: str, body: Json) -> AdmissionRecord:
    return AdmissionRecord(event_id, serial, body["first"] or {}, tuple(body["conflicts"]))


def _txn_ids(body: Json) -> frozenset[str]:
    """Return every `txn_id` inside a raw item, however broken the rest is, also as quoted text."""
    return frozenset(match["id"] for match in _TXN_ID.finditer(json.dumps(body)))
