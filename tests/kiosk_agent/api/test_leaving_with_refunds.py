"""A kiosk that still owes a customer a refund's money does not leave."""

from pathlib import Path
from typing import Any, cast

from kiosk_agent.services.agent_state import AgentState
from kiosk_agent.services.draining import Draining
from kiosk_agent.services.leaving import Leaving
from kiosk_agent.services.sessions import Heartbeats
from kiosk_agent.services.sides import Here
from kiosk_agent.services.status import StatusReports
from tests.support.after_sale import ask_refund, decide, give_back, settled_sale
from tests.support.far_kit import HeldMark
from tests.support.ui_socket import Till, till_in


async def what_keeps(till: Till) -> list[str]:
    """Return what a kiosk that drains says that keeps it."""
    kiosk = till.desk.kiosk
    state = AgentState(kiosk.changes, draining=True)
    here = Here(till.opened.journal, till.clock, kiosk.changes, state)
    draining = Draining(here, kiosk.line, HeldMark())
    told = await Leaving(here, draining, HeldMark(), StatusReports(kiosk)).told()
    return [why for why in told["why_not_left"] if "refund" in why]


async def reported(till: Till) -> Any:
    kiosk, nobody = till.desk.kiosk, cast("Any", None)
    here = Here(till.opened.journal, till.clock, kiosk.changes, AgentState(kiosk.changes))
    reports = Heartbeats(here, nobody, nobody, nobody, nobody, every_s=1, agent_version="0.1.0")
    _, _, told = await till.opened.journal.read(reports._standing)
    return told["refunds_to_give"]


async def test_money_that_is_still_to_be_given_back_keeps_it_until_it_is_given(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(6)
        await till.open_shift()
        sale = await settled_sale(till)
        refund = await ask_refund(till, sale)
        assert (await what_keeps(till), await reported(till)) == ([], ())
        await decide(till, refund, "settled")
        [why] = await what_keeps(till)
        assert f"{refund.body['receipt_number']}: 25.00 EUR" in why
        assert "a cashier gives it back at the kiosk, in an open shift" in why
        assert await reported(till) == ("HB1-1-000002: 25.00 EUR",)
        given = await give_back(till, refund)
        assert given.status == 201, given.body
        assert (await what_keeps(till), await reported(till)) == ([], ())
