"""Journal, stock and services beside books that are kept by hand: any order of events."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.proof.kiosk_machine import KioskMachine


@pytest.mark.timeout(600)
def test_journal_and_stock_agree_with_books_kept_by_hand() -> None:
    run_state_machine_as_test(
        KioskMachine,
        settings=settings(
            max_examples=60,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
