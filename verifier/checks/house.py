"""No more tickets of a type are valid than the house has places, and all were granted."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from verifier.evidence import Evidence, TypeKey
from verifier.findings import Finding, error
from verifier.sales import acknowledged_sales, taken_back


def valid_tickets(evidence: Evidence) -> dict[TypeKey, set[str]]:
    """Return the serials that customers hold and that were not taken back, by ticket type."""
    void = taken_back(evidence)
    valid: dict[TypeKey, set[str]] = defaultdict(set)
    for sale in acknowledged_sales(evidence):
        for ticket in sale.tickets:
            if ticket.type_key is not None and ticket.serial not in void:
                valid[ticket.type_key].add(ticket.serial)
    return valid


def check_house(evidence: Evidence) -> Iterator[Finding]:
    """Find types that are oversold, tickets that were never granted, and wrong inventories."""
    yield from _over_capacity(evidence)
    yield from _never_granted(evidence)
    yield from _inventory(evidence)


def _over_capacity(evidence: Evidence) -> Iterator[Finding]:
    for key, serials in sorted(valid_tickets(evidence).items()):
        house = evidence.ledger.houses.get(key)
        if house is None:
            yield error(
                "type_unknown",
                f"{len(serials)} tickets were sold for {key[0]} / {key[1]}, which is not on sale.",
                oversold=len(serials),
            )
            continue
        over = len(serials) - house.capacity
        if over > 0:
            yield error(
                "oversold",
                f"{house.event_name}, {house.type_name}: {len(serials)} valid tickets are sold for"
                f" {house.capacity} places.",
                oversold=over,
            )


def _never_granted(evidence: Evidence) -> Iterator[Finding]:
    reported: set[str] = set()
    for sale in acknowledged_sales(evidence):
        for ticket in sale.tickets:
            if ticket.serial not in evidence.ledger.serials and ticket.serial not in reported:
                reported.add(ticket.serial)
                yield error(
                    "never_granted",
                    f"{sale.name} sold ticket {ticket.serial}, which the ticket API never granted.",
                    oversold=1,
                )


def _inventory(evidence: Evidence) -> Iterator[Finding]:
    taken = Counter(
        serial.type_key
        for serial in evidence.ledger.serials.values()
        if serial.state in {"leased", "sold"}
    )
    for key, house in sorted(evidence.ledger.houses.items()):
        name = f"{house.event_name}, {house.type_name}"
        if house.inventory_capacity != house.capacity:
            yield error(
                "capacities_differ",
                f"{name}: the house has {house.capacity} places, the inventory counts with"
                f" {house.inventory_capacity}.",
            )
        if house.taken != taken[key]:
            yield error(
                "inventory_differs",
                f"{name}: the inventory says that {house.taken} places are taken, the serials say"
                f" {taken[key]}.",
            )
        if taken[key] > house.capacity:
            yield error(
                "overgranted",
                f"{name}: {taken[key]} places are leased or sold, the house has {house.capacity}.",
            )
