"""A host in memory, and the supervisor that looks at it."""

import asyncio
from dataclasses import dataclass

from kiosk_agent.supervisor.domain.host import UiTask
from kiosk_agent.supervisor.services.steering import Steering
from tests.support.clock import FakeClock
from tests.support.simulated_host import SimulatedHost

GOOD = UiTask("sha256:good", "registry/kiosk@sha256:good")
NEW = UiTask("sha256:new", "registry/kiosk@sha256:new")


@dataclass
class Supervised:
    """A host, and the supervisor that looks at it once a quarter of a second."""

    host: SimulatedHost
    steering: Steering

    async def passes(self, seconds: float) -> None:
        for _ in range(int(seconds * 4)):
            self.host.passes(250)
            await self.steering.steer()
            # What ends beside everything else.
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    @property
    def answers(self) -> str:
        """Whose UI answers keys: `ecs good`, `standby good`, …; empty if none does."""
        ui = self.host.answering
        if ui is None:
            return ""
        return f"{ui.seen.source} {ui.seen.task.image_id.removeprefix('sha256:')}"

    def why(self) -> list[str]:
        return [f"{one.what}: {one.why} ({one.outcome})" for one in self.steering.decisions.kept]


def supervised(task: UiTask | None = GOOD) -> Supervised:
    host = SimulatedHost(FakeClock(), task)
    return Supervised(host, Steering(host, host, host, host, host.clock))
