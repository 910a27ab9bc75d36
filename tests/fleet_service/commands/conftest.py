"""An operator and two kiosks of the kiosks file before a fleet service."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.command_desk import CommandDesk
from tests.support.operator_desk import operator_desk


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[CommandDesk]:
    async with operator_desk(tmp_path) as built:
        yield await CommandDesk.of(built)
