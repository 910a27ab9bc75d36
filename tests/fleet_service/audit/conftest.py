"""Operators before a fleet service."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.operator_desk import OperatorDesk, operator_desk


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[OperatorDesk]:
    async with operator_desk(tmp_path) as built:
        yield built
