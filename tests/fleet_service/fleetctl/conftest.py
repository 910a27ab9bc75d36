"""An operator who types `fleetctl`, before a real fleet service in a real region."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fleet_service.fleetctl import main
from local_region.ecs.services.moves import Order
from local_region.settings import RegionSettings
from tests.support.enrolled import Hall, hall_of
from tests.support.kiosk_desk import quiet
from tests.support.operators import OPS_TOKEN
from tests.support.region import RunningRegion, running_region

_OFTEN = {"sweep_every_s": 0.2, "judge_every_s": 0.2, "move_every_s": 0.1, "first_release": "r-1"}


@dataclass
class Operator:
    """Types commands; their output is what a pipe gets."""

    hall: Hall
    folder: Path
    capsys: pytest.CaptureFixture[str]

    async def types(self, *words: str, status: int = 0, file: str = "token") -> tuple[str, str]:
        where = ["--url", self.hall.office.fleet.url, "--token-file", str(self.folder / file)]
        self.capsys.readouterr()
        ended = await asyncio.to_thread(main, [*words, *where])
        said = self.capsys.readouterr()
        assert ended == status, said
        return said.out, said.err

    async def reads(self, *words: str, **more: Any) -> Any:
        return json.loads((await self.types(*words, "--json", **more))[0])


@pytest.fixture
def region() -> Iterator[RunningRegion]:
    with quiet(), running_region(RegionSettings(moves=Order.AT_ONCE)) as running:
        yield running


@pytest.fixture
async def operator(
    tmp_path: Path,
    region: RunningRegion,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Operator]:
    monkeypatch.setenv("COLUMNS", "200")
    async with operator_in(tmp_path, region, capsys) as there:
        yield there


@asynccontextmanager
async def operator_in(
    folder: Path, region: RunningRegion, capsys: pytest.CaptureFixture[str], **settings: Any
) -> AsyncIterator[Operator]:
    """Have somebody with a token before a fleet service that looks often."""
    (folder / "token").write_text(OPS_TOKEN)
    (folder / "token").chmod(0o600)
    often: dict[str, Any] = _OFTEN | settings
    async with hall_of(folder, region, **often) as hall:
        hall.office.fleet.files.register()
        yield Operator(hall, folder, capsys)
