"""A maker of releases whose ECS is in memory."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from kiosk_contracts.releases import ReleasePlace
from kiosk_contracts.ui_task_terms import UiTaskTerms

PLACES = (
    ReleasePlace(region="eu-central-1", cluster="kiosks"),
    ReleasePlace(region="eu-west-1", cluster="kiosks"),
)


@dataclass
class ScriptedMaker:
    """Adapter of ReleaseMaker: what it has is in memory, and a test says what goes wrong."""

    places: Sequence[ReleasePlace] = PLACES
    calls: list[str] = field(default_factory=list)
    trouble: list[BaseException | None] = field(default_factory=list)
    """What each call raises, in their order."""
    used: list[str] = field(default_factory=list)
    waits: asyncio.Event | None = None
    called: asyncio.Event = field(default_factory=asyncio.Event)

    def is_whole(self, place: ReleasePlace) -> bool:
        return bool(place.task_definition)

    async def make(self, release_id: str, task: UiTaskTerms, place: ReleasePlace) -> ReleasePlace:
        await self._called(f"make {release_id} {place.region}")
        arn = f"arn:{place.region}:{task.image[-4:]}"
        return place.model_copy(update={"task_definition": arn})

    async def users(self, release_id: str, place: ReleasePlace) -> Sequence[str]:
        await self._called(f"users {release_id} {place.region}")
        return self.used

    async def remove(self, release_id: str, place: ReleasePlace) -> None:
        await self._called(f"remove {release_id} {place.region}")

    async def _called(self, what: str) -> None:
        self.calls.append(what)
        self.called.set()
        if self.waits is not None:
            await self.waits.wait()
        trouble = self.trouble.pop(0) if self.trouble else None
        if trouble is not None:
            raise trouble
