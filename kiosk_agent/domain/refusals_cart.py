"""Refusals of carts and their payment, in words for the person at the till."""

from uuid import UUID

from kiosk_contracts.money import Money
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_texts import money, tr


def quantity_invalid(most_of_type: int, most_of_sale: int) -> ProblemError:
    """Return: a quantity that no cart can have."""
    return ProblemError(
        422,
        ProblemCode.QUANTITY_INVALID,
        tr("That quantity cannot be sold"),
        detail=tr(
            "A ticket type takes 1 to {most_of_type} tickets, one sale at most {most_of_sale}.",
            most_of_type=most_of_type,
            most_of_sale=most_of_sale,
        ),
        hint=tr("Type a smaller number, or make a second sale for the rest."),
    )


def other_currency(what: str, price: Money, currency: str) -> ProblemError:
    """Return: a ticket priced in a currency that this drawer does not take."""
    return ProblemError(
        409,
        ProblemCode.PRICE_DIFFERS,
        tr("Priced in another currency"),
        detail=tr(
            "{what} costs {price}; this drawer takes {currency}.",
            what=what,
            price=money(price),
            currency=currency,
        ),
        hint=tr("Call support: the kiosk's currency or the price list is wrong."),
    )


def cart_unknown(txn_id: UUID) -> ProblemError:
    """Return: no such cart."""
    return ProblemError(
        404,
        ProblemCode.CART_UNKNOWN,
        tr("No such cart"),
        detail=tr("This kiosk keeps no cart {txn_id}.", txn_id=txn_id),
        hint=tr("Begin a new sale."),
    )


def cart_closed() -> ProblemError:
    """Return: the cart's sale is in the journal already."""
    return ProblemError(
        409,
        ProblemCode.CART_CLOSED,
        tr("This sale is finished"),
        detail=tr("The cart was closed by its sale and cannot be changed."),
        hint=tr("Look in Transactions for its tickets, or begin a new sale."),
    )


def cart_expired() -> ProblemError:
    """Return: the cart's time ran out, so it holds nothing any more."""
    return ProblemError(
        409,
        ProblemCode.CART_EXPIRED,
        tr("The cart's time ran out"),
        detail=tr("Its tickets went back to the stock."),
        hint=tr("Choose the tickets again; take no money before that."),
    )


def cart_ended() -> ProblemError:
    """Return: the cart was ended before its time was over, by a person or by a revocation."""
    return ProblemError(
        409,
        ProblemCode.CART_EXPIRED,
        tr("This cart was ended meanwhile"),
        detail=tr("It was freed, or its tickets cannot be sold any more. Nothing was sold by it."),
        hint=tr("Was money taken for it? See that it is given back. Then choose tickets again."),
    )


def tickets_frozen() -> ProblemError:
    """Return: a new epoch began while the cart was being paid, so its tickets may be sold."""
    return ProblemError(
        409,
        ProblemCode.TICKETS_FROZEN,
        tr("These tickets cannot be sold any more"),
        detail=tr(
            "The kiosk's journal was replaced while this cart was being paid. Nobody can tell "
            "whether its tickets were sold before."
        ),
        hint=tr("Give the money back, cancel the payment, and begin a new sale."),
    )


def cart_empty() -> ProblemError:
    """Return: there is nothing to pay for."""
    return ProblemError(
        409,
        ProblemCode.CART_EMPTY,
        tr("The cart is empty"),
        detail=tr("It holds no tickets."),
        hint=tr("Choose tickets first."),
    )


def payment_started() -> ProblemError:
    """Return: the cart cannot change while it is being paid."""
    return ProblemError(
        409,
        ProblemCode.PAYMENT_STARTED,
        tr("Payment has started"),
        detail=tr("The cart cannot be changed while it is being paid."),
        hint=tr("Cancel the payment first, if the customer was not charged."),
    )


def cart_of_another() -> ProblemError:
    """Return: only a manager ends somebody else's cart."""
    return ProblemError(
        403,
        ProblemCode.ROLE_TOO_LOW,
        tr("This is another person's cart"),
        detail=tr("What was taken for it lies in their drawer."),
        hint=tr("Let them finish or cancel it, or ask a manager to free it."),
    )


def payment_not_started() -> ProblemError:
    """Return: money may be taken only for a cart in payment."""
    return ProblemError(
        409,
        ProblemCode.PAYMENT_NOT_STARTED,
        tr("Payment has not started"),
        detail=tr("A sale for money needs its cart in payment first."),
        hint=tr("Go to payment, then complete the sale."),
    )


def price_differs(told: Money, due: Money) -> ProblemError:
    """Return: the customer was told another total than the cart's."""
    return ProblemError(
        409,
        ProblemCode.PRICE_DIFFERS,
        tr("The total has changed"),
        detail=tr(
            "The customer was told {told}; the tickets held cost {due}.",
            told=money(told),
            due=money(due),
        ),
        hint=tr("Show the cart again and tell the customer the new total."),
        extra={"total": due.to_json()},
    )


def payment_adds_up_otherwise(due: Money, paid: Money) -> ProblemError:
    """Return: the parts of a payment do not add up to what is due."""
    return _tender_differs(
        tr("Due is {due}, the payment adds up to {paid}.", due=money(due), paid=money(paid))
    )


def part_of_nothing() -> ProblemError:
    """Return: a part of a payment has no amount."""
    return _tender_differs(tr("A part of nothing is no part of the payment."))


def part_pays_all(paid: Money, due: Money) -> ProblemError:
    """Return: what was taken as a part leaves nothing to pay."""
    return _tender_differs(
        tr("{paid} is no part of {due}: it pays all of it.", paid=money(paid), due=money(due))
    )


def taken_is_missing(amount: Money) -> ProblemError:
    """Return: a part that was taken is not among what the sale names."""
    return _tender_differs(tr("{amount} was taken already and is missing.", amount=money(amount)))


def method_not_taken(method: str) -> ProblemError:
    """Return: a way of paying that this kiosk does not know."""
    return _tender_differs(tr("This kiosk takes no payment by '{method}'.", method=method))


def tender_in_other_currency(amount: Money, currency: str) -> ProblemError:
    """Return: a part of a payment in a currency that is not the sale's."""
    return _tender_differs(
        tr("{amount} is not in {currency}.", amount=money(amount), currency=currency)
    )


def tender_below_nothing(amount: Money) -> ProblemError:
    """Return: a part of a payment that would give money."""
    return _tender_differs(tr("{amount} is less than nothing.", amount=money(amount)))


def _tender_differs(detail: str) -> ProblemError:
    return ProblemError(
        409,
        ProblemCode.TENDER_DIFFERS,
        tr("The payment does not fit the total"),
        detail=detail,
        hint=tr("Take the payment again for the total shown."),
    )
