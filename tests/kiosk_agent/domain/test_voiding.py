"""A sale is voided by the journal that made it, and by no other."""

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from kiosk_agent.domain.voiding import check_void
from kiosk_contracts.problem import ProblemError
from tests.support.ui_socket import same_txn, till_in


async def test_a_sale_of_another_journal_is_not_voided_here(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(1)
        await till.open_shift()
        sold = await till.sell(adult=1)
        sale = await till.opened.journal.read(lambda reader: reader.row(same_txn(sold)))
        identity = await till.opened.journal.read(lambda reader: reader.identity())
    assert sale is not None
    assert check_void(sale, None, identity, []).receipt_number == "HB1-1-000001"
    with pytest.raises(ProblemError) as caught:
        check_void(sale, None, replace(identity, journal_id=uuid4()), [])
    assert caught.value.code == "sale_not_ours"
