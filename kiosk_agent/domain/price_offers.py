"""Which concessions a cashier may choose, and what is said of terms that nobody can use. Pure."""

from collections.abc import Iterator

from kiosk_contracts.catalogue import Catalogue, Event
from kiosk_contracts.kiosk_status import StatusWarning
from kiosk_contracts.money import Money
from kiosk_contracts.price_terms import reduced
from kiosk_contracts.selling import OfferedConcession
from kiosk_texts import tr


def offered(event: Event, ticket_type_id: str, price: Money) -> tuple[OfferedConcession, ...]:
    """Return the concessions of a ticket type whose next ticket costs `price` without one."""
    return tuple(
        OfferedConcession(
            concession_id=one.concession_id,
            name=one.name,
            proof=one.proof,
            unit_price=reduced(price, one.reduction),
        )
        for one in event.price_list.terms().concessions
        if ticket_type_id in one.ticket_type_ids
    )


def terms_warnings(catalogue: Catalogue | None) -> Iterator[StatusWarning]:
    """Yield a warning for each concession and price rule that this kiosk cannot use."""
    for event in catalogue.events if catalogue else ():
        for fault in event.price_list.terms().faults:
            yield StatusWarning(
                code="price_terms_ignored",
                text=f"{event.name}: {fault}.",
                hint=tr("Tickets sell without it. Tell the operators to correct the price list."),
            )
