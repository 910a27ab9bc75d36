"""What is recorded fits its kind, or is not recorded."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from kiosk_agent.services.agent_state import AgentState
from kiosk_agent.services.changes import Changes
from kiosk_agent.services.recording import record
from kiosk_contracts.problem import ProblemError
from tests.support.journal import journal_in, new_transaction


async def test_a_payload_that_does_not_fit_its_kind_is_not_recorded(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        odd = new_transaction(kind="sale", numbered=True)
        with pytest.raises(ValidationError):
            await opened.journal.write(lambda writer: record(AgentState(Changes()), writer, odd))
        assert await opened.journal.read(lambda reader: reader.row(odd.txn_id)) is None
        row = await opened.append(numbered=True)
    assert (row.sequence, row.receipt_number) == (1, "HB1-1-000001")


async def test_an_agent_that_has_left_records_nothing_whatever_its_kind(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        new = new_transaction()
        left = AgentState(Changes(), left=True)
        with pytest.raises(ProblemError) as refused:
            await opened.journal.write(lambda writer: record(left, writer, new))
        assert refused.value.code == "kiosk_has_left"
        assert await opened.journal.read(lambda reader: reader.row(new.txn_id)) is None
