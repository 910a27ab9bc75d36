"""A tender pays for a sale exactly, and is given back in kind."""

from decimal import Decimal

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from kiosk_agent.domain.refunding import Earlier, given_back
from kiosk_agent.domain.tenders import check_tender, give_back, is_complimentary
from kiosk_contracts.money import Money, total
from kiosk_contracts.payloads import RefundPayload, SalePayload
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.tender import CardTender, CashTender, ComplimentaryTender, TenderLine
from tests.support.tickets import euros

CENTS = st.integers(0, 10**6).map(lambda cents: euros(f"{cents // 100}.{cents % 100:02d}"))


@st.composite
def _lines(draw: st.DrawFn) -> TenderLine:
    amount, more = draw(CENTS), draw(CENTS)
    match draw(st.sampled_from(["cash", "card", "complimentary"])):
        case "cash":
            return CashTender(amount=amount, given=amount + more, change=more)
        case "card":
            return CardTender(amount=amount, reference="A1")
        case _:
            return ComplimentaryTender(amount=amount, reason="press")


def _pays(tender: list[TenderLine], due: Money) -> bool:
    try:
        check_tender(tender, due)
    except ProblemError:
        return False
    return True


@for_all(tender=st.lists(_lines(), min_size=1, max_size=5), other=CENTS)
def test_it_pays_for_its_sum_and_for_nothing_else(tender: list[TenderLine], other: Money) -> None:
    due = total((line.amount for line in tender), "EUR")
    assert _pays(tender, due)
    assert _pays(tender, other) == (other == due)


@for_all(tender=st.lists(_lines(), min_size=1, max_size=5))
def test_what_is_given_back_is_what_was_kept(tender: list[TenderLine]) -> None:
    back = give_back(tender)
    assert [line.method for line in back] == [line.method for line in tender]
    assert [line.amount for line in back] == [line.amount for line in tender]
    for line in back:
        if isinstance(line, CashTender):
            assert (line.given, line.change) == (line.amount, euros("0"))


def test_complimentary_is_all_or_not() -> None:
    free = ComplimentaryTender(amount=euros("1"), reason="press")
    assert is_complimentary([free, free])
    assert not is_complimentary([free, CardTender(amount=euros("1"), reference="A1")])


@pytest.mark.parametrize(
    ("given", "change"),
    [
        (euros("-1.00"), euros("-13.50")),
        (Money(amount=Decimal(20), currency="USD"), Money(amount=Decimal("7.50"), currency="USD")),
    ],
)
def test_cash_that_nobody_can_hand_over_is_no_payment(given: Money, change: Money) -> None:
    due = euros("12.50")
    odd = CashTender.model_construct(method="cash", amount=due, given=given, change=change)
    with pytest.raises(ProblemError, match="payment"):
        check_tender([odd], due)


def test_of_two_cards_each_gets_back_what_it_paid_and_no_more() -> None:
    first = CardTender(amount=euros("10"), reference="4021")
    second = CardTender(amount=euros("7"), reference="4022")
    coins = CashTender(amount=euros("8"), given=euros("8"), change=euros("0"))
    sale = SalePayload.model_construct(tender=(coins, first, second), total=euros("25"))
    before: list[Earlier] = []
    back: dict[str, Decimal] = {}
    for due in ("12", "4", "9"):
        tender = given_back(sale, before, euros(due))
        assert total((line.amount for line in tender), "EUR") == euros(due)
        refund = RefundPayload.model_construct(tender=tender)
        before.append(Earlier("HB1-1-000009", refund, is_settled=True))
        for line in tender:
            name = line.reference if isinstance(line, CardTender) else line.method
            back[name] = back.get(name, Decimal(0)) + line.amount.amount
    assert back == {"4021": Decimal(10), "4022": Decimal(7), "cash": Decimal(8)}
